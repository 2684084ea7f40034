import { ident, join, literal, quoteIdent, sql, type Sql } from "#kernel";
import type { Table } from "./base-schema.ts";
import { grantOnTable, hasColumn, ROOM_FOR_CHANGES, script, type BasePlace } from "./tables.sql.ts";

/**
 * Columns that a table has had so far: PostgreSQL counts those that were dropped. And which of those it has that only tables
 * with computed fields have.
 */
export const columnsUsed = (baseId: string, tableId: string): Sql => sql`
  select coalesce(max(a.attnum), 0) as used,
    coalesce(array_agg(a.attname::text) filter (where a.attname in ('errors', 'touched')), '{}') as extra
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = ${baseId} and c.relname = ${tableId}`;

const systemColumns = [
  "id",
  "auto_number",
  "created_time",
  "created_by",
  "modified_time",
  "modified_by",
  "version",
];

/** The same table, rows and numbers without the dropped columns. Several statements, for a script. */
export function rebuildTable(place: BasePlace, table: Table, extra: readonly string[]): Sql {
  const { baseId } = place;
  const [old, fresh] = [ident(baseId, table.id), ident(baseId, `${table.id}_new`)];
  const own = table.fields.filter(hasColumn).map(({ id }) => id);
  const columns = join([...systemColumns, ...extra, ...own].map((name) => ident(name)));
  const sequenceOfNew = `${quoteIdent(baseId)}.${quoteIdent(`${table.id}_new_auto_number_seq`)}`;
  const [key, number, sequence] = ["pkey", "auto_number_idx", "auto_number_seq"].map((name) =>
    ident(baseId, `${table.id}_new_${name}`),
  );
  return script([
    sql`create table ${fresh} (like ${old} including all) ${ROOM_FOR_CHANGES}`,
    sql`insert into ${fresh} (${columns}) select ${columns} from ${old}`,
    // A sequence that was not used yet stays so.
    sql`select setval(${literal(sequenceOfNew)}, s.last_value, s.is_called)
      from ${ident(baseId, `${table.id}_auto_number_seq`)} s`,
    sql`drop table ${old}`,
    sql`alter table ${fresh} rename to ${ident(table.id)}`,
    sql`alter index ${key} rename to ${ident(`${table.id}_pkey`)}`,
    sql`alter index ${number} rename to ${ident(`${table.id}_number`)}`,
    sql`alter sequence ${sequence} rename to ${ident(`${table.id}_auto_number_seq`)}`,
    ...grantOnTable(place, table.id),
  ]);
}
