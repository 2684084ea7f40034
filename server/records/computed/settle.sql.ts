import { constant, ident, join, literal, sql, type Sql } from "#kernel";
import type { ComputedState } from "../field-types/computed.ts";
import type { Field, Table } from "../schema/base-schema.ts";

/** New options of several fields. */
export const updateFieldOptions = (fields: readonly Field[]): Sql => sql`
  update records.fields f set options = e.options
  from json_to_recordset(${JSON.stringify(fields.map(({ id, options }) => ({ id, options })))}::json)
    as e(id text, options jsonb)
  where f.id = e.id`;

export const addComputedColumn = (table: Table, field: Field): Sql =>
  sql`alter table ${ident(table.baseId, table.id)}
    add column ${ident(field.id)} ${constant((field.options as ComputedState).sqlType ?? "text")}`;

export const dropComputedColumn = (table: Table, field: Field): Sql =>
  sql`alter table ${ident(table.baseId, table.id)} drop column ${ident(field.id)}`;

/** Which computed fields of a row are errors: their ids, and for lists with errors in them `fld…:places`. */
export const addErrorsColumn = (table: Table): Sql =>
  sql`alter table ${ident(table.baseId, table.id)} add column if not exists errors text[]`;

/** When fields were changed, and by whom: `{fld…: {at, by}}`, `at` in milliseconds since 1970. */
export const addTouchedColumn = (table: Table): Sql =>
  sql`alter table ${ident(table.baseId, table.id)} add column if not exists touched jsonb`;

/** What was changed before it was watched counts as changed when the record was changed last. */
export const beginWatching = (table: Table, fields: readonly Field[]): Sql =>
  watching(table, fields);

/** The same, in rows of which nothing is known yet. */
export const beginWatchingNewRows = (table: Table, fields: readonly Field[]): Sql =>
  sql`${watching(table, fields)} where t.touched is null`;

const watching = (table: Table, fields: readonly Field[]): Sql => {
  const parts = fields.flatMap(({ id }) => [
    literal(id),
    sql`case when t.${ident(id)} is not null then jsonb_build_object(
      'at', floor(extract(epoch from t.modified_time) * 1000), 'by', t.modified_by) end`,
  ]);
  return sql`
    update ${ident(table.baseId, table.id)} t
    set touched = coalesce(touched, '{}') || jsonb_strip_nulls(jsonb_build_object(${join(parts)}))`;
};
