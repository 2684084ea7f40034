import { empty, ident, join, sql, type Sql } from "#kernel";
import { columnOf, tableSql } from "../rows/table-sql.ts";
import type { Field, Table } from "../schema/base-schema.ts";
import { isCarried } from "./carried-fields.ts";

/** The whole export sees the base as it is at one moment. */
export const oneSnapshot = (): Sql =>
  sql`set transaction isolation level repeatable read, read only`;

export const countRecords = (table: Table): Sql =>
  sql`select count(*) as count from ${tableSql(table).name} t`;

export const countComments = (baseId: string): Sql =>
  sql`select count(*) as count from records.comments where base_id = ${baseId}`;

/** The number that the next record of the table gets. */
export const nextNumber = ({ baseId, id }: Table): Sql => sql`
  select last_value + case when is_called then 1 else 0 end as "nextNumber"
  from ${ident(baseId, `${id}_auto_number_seq`)}`;

/** A table, and its fields of which it is known when they were changed. */
export interface ExportedTable {
  readonly table: Table;
  readonly watched: readonly Field[];
}

/** One line of the file a row: `number`, and the line as JSON text without empty cells. */
export const recordLines = (
  { table, watched }: ExportedTable,
  after: number,
  limit: number,
): Sql => sql`
  select line.number, json_strip_nulls(row_to_json(line))::text
  from (
    select t.id, t.auto_number as number, t.created_time as "createdTime", t.created_by as "createdBy",
      t.modified_time as "modifiedTime", t.modified_by as "modifiedBy", row_to_json(c) as cells${changesOf(watched)}
    from ${tableSql(table).name} t cross join lateral (select ${storedCells(table)}) c
    where t.auto_number > ${after}
    order by t.auto_number limit ${limit}
  ) line`;

/** Hashes of the files that cells name. */
export const fileHashes = (table: Table, field: Field): Sql => sql`
  select distinct file ->> 'hash' from ${tableSql(table).name} t, jsonb_array_elements(${columnOf(field)}) file
  where file ->> 'hash' is not null`;

/** Ids of the persons that a table's rows name. */
export const peopleOfTable = ({ table, watched }: ExportedTable): Sql => {
  const from = sql`from ${tableSql(table).name} t`;
  const ones = table.fields
    .filter(({ type }) => type === "singleCollaborator")
    .map((field) => sql` union select ${columnOf(field)} ${from}`);
  const lists = table.fields
    .filter(({ type }) => type === "multipleCollaborators")
    .map((field) => sql` union select unnest(${columnOf(field)}) ${from}`);
  const changers = watched.map(({ id }) => sql` union select t.touched -> ${id} ->> 'by' ${from}`);
  return sql`
    select id from (
      select t.created_by as id ${from} union select t.modified_by ${from} ${together([...ones, ...lists, ...changers])}
    ) people where id is not null`;
};

/** Ids of the persons that comments name. */
export const peopleOfComments = (baseId: string): Sql => sql`
  select author_id as id from records.comments where base_id = ${baseId}
  union select jsonb_object_keys(mentioned) from records.comments where base_id = ${baseId}`;

/** Names of persons that came with the file that the base was made from and have no account here. */
export const absentPeople = (baseId: string): Sql => sql`
  select user_id as id, email, name from records.absent_people where base_id = ${baseId}`;

export const openComments = (baseId: string): Sql => sql`
  declare exported_comments no scroll cursor for
  select json_strip_nulls(row_to_json(line))::text from (
    select id, table_id as "tableId", record_id as "recordId", parent_id as "parentId", author_id as "authorId", text,
      mentioned, created_time as "createdTime", updated_time as "updatedTime"
    from records.comments where base_id = ${baseId} order by created_time, id
  ) line`;

export const nextComments = (): Sql => sql`fetch 1000 from exported_comments`;

function storedCells(table: Table): Sql {
  const cells = table.fields.filter(isCarried).map(storedCell);
  return cells.length === 0 ? empty : join(cells);
}

/** Nothing where no field is watched; an empty object where none of them was changed. */
function changesOf(watched: readonly Field[]): Sql {
  return watched.length === 0
    ? empty
    : sql`, (select coalesce(jsonb_object_agg(e.key, e.value), '{}') from jsonb_each(t.touched) e
        where e.key = any(${watched.map(({ id }) => id)})) as changed`;
}

/** Renderings of an image are made anew by whoever imports it. */
function storedCell(field: Field): Sql {
  const column = columnOf(field);
  return field.type === "multipleAttachments"
    ? sql`(select jsonb_agg(e.file - 'thumbnails' order by e.place)
        from jsonb_array_elements(${column}) with ordinality as e(file, place)) as ${ident(field.id)}`
    : column;
}

function together(parts: readonly Sql[]): Sql {
  return parts.length === 0 ? empty : join(parts, "");
}
