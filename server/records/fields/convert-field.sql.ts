import { constant, ident, sql, type Sql } from "#kernel";
import type { ColumnConversion } from "../field-types/convert.sql.ts";
import { typeOf } from "../field-types/registry.ts";
import { readColumnOf } from "../rows/table-sql.ts";
import type { Field, Table } from "../schema/base-schema.ts";

/** Cells in one page of a conversion. */
export interface CellPage {
  /** The record after which the page begins; empty for the first. */
  readonly after: string;
  readonly limit: number;
}

/** Where the field's value stands in the row `t`. */
export function cellOf(field: Field): Sql {
  const column = typeOf(field).column(field);
  return sql`t.${ident(column.own ? field.id : column.expression)}`;
}

/**
 * Cells that are not empty, as text, in order of the record's id. The collation is named because that of the column
 * changes with its type, and a prepared statement may not change what it answers.
 */
export const cellTexts = (table: Table, field: Field, { after, limit }: CellPage): Sql => sql`
  select t.id, ${readColumnOf(field)}::text collate "C" from ${tableOf(table)} t
  where t.id > ${after} and ${readColumnOf(field)} is not null order by t.id limit ${limit}`;

/** The same as JSON, for the log. */
export const cellJson = (table: Table, field: Field, { after, limit }: CellPage): Sql => sql`
  select t.id, to_json(${cellOf(field)})::text from ${tableOf(table)} t
  where t.id > ${after} and ${cellOf(field)} is not null order by t.id limit ${limit}`;

/** How many cells are not empty, and of how many something is lost. */
export const countLost = (table: Table, field: Field, { lost }: ColumnConversion): Sql => sql`
  select count(*) as cells, count(*) filter (where ${lost}) as lost
  from ${tableOf(table)} t where ${cellOf(field)} is not null`;

/** A column for the new values, beside the old one. */
export const addNewColumn = (table: Table, field: Field): Sql => {
  const column = typeOf(field).column(field);
  return sql`alter table ${tableOf(table)}
    add column ${ident(newColumn(field))} ${constant(column.own ? column.sqlType : "text")}`;
};

export const fillByExpression = (
  table: Table,
  field: Field,
  { value, txn }: { readonly value: Sql; readonly txn: number },
): Sql => sql`
  update ${tableOf(table)} t set ${ident(newColumn(field))} = ${value}, version = ${txn}
  where ${cellOf(field)} is not null`;

/** New values for some records, as a JSON list of `{id, value}`. */
export const fillCells = (
  table: Table,
  field: Field,
  { cells, txn }: { readonly cells: string; readonly txn: number },
): Sql => sql`
  update ${tableOf(table)} t set ${ident(newColumn(field))} = r.value, version = ${txn}
  from json_to_recordset(${cells}::json) as r(id text, value ${constant(typeOf(field).recordsetType ?? "text")})
  where t.id = r.id`;

/** The new column takes the place of the old one. */
export const dropOldColumn = (table: Table, field: Field): Sql =>
  sql`alter table ${tableOf(table)} drop column ${ident(field.id)}`;

export const nameNewColumn = (table: Table, field: Field): Sql =>
  sql`alter table ${tableOf(table)} rename column ${ident(newColumn(field))} to ${ident(field.id)}`;

function newColumn(field: Field): string {
  return `${field.id}_new`;
}

function tableOf(table: Table): Sql {
  return ident(table.baseId, table.id);
}
