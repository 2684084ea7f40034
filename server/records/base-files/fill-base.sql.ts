import { constant, empty, ident, join, sql, type Sql } from "#kernel";
import type { CellValue } from "../rows/changed-cells.sql.ts";
import { columnOf, recordsetDefinition, tableSql } from "../rows/table-sql.ts";
import type { Field, LinkOptions, Table } from "../schema/base-schema.ts";
import { isCarried } from "./carried-fields.ts";
import type { FieldChange, FileUser } from "./format.ts";

/** A row with everything that a record keeps of itself. */
export interface RowOfFile {
  readonly id: string;
  readonly number: number;
  readonly createdTime: string;
  readonly createdBy: string | null;
  readonly modifiedTime: string;
  readonly modifiedBy: string | null;
  /** When its fields were changed, if that is known. */
  readonly touched: Readonly<Record<string, FieldChange>> | null;
  readonly cells: Readonly<Record<string, CellValue>>;
}

/** A table, and whether it keeps when its fields were changed. */
export interface FilledTable {
  readonly table: Table;
  readonly watched: boolean;
}

/**
 * For a few statements over everything that came in: sorted and joined in memory, and without compiling them first, which
 * takes longer than running them, because lists in cells are taken for much longer than they are.
 */
export const setBulkSettings = (): Sql =>
  sql`select set_config('work_mem', '64MB', true), set_config('jit', 'off', true)`;

/** Adds rows as they are in a file. What is computed from other fields is not in files and stays empty. */
export function insertFileRows(
  { table, watched }: FilledTable,
  rows: readonly RowOfFile[],
  txn: number,
): Sql {
  const fields = table.fields.filter(isCarried);
  const columns = fields.map((field) => sql`, ${ident(field.id)}`);
  const values = fields.map((field) => sql`, r.${ident(field.id)}`);
  const definitions = fields.map((field) => sql`, ${constant(recordsetDefinition(field))}`);
  if (watched) {
    columns.push(constant(", touched"));
    values.push(constant(", r.touched"));
    definitions.push(constant(", touched jsonb"));
  }
  const json = JSON.stringify(rows.map(({ cells, ...row }) => ({ ...row, ...cells })));
  return sql`
    insert into ${tableSql(table).name}
      (id, auto_number, created_time, created_by, modified_time, modified_by, version${together(columns)})
    select r.id, r.number, r."createdTime", r."createdBy", r."modifiedTime", r."modifiedBy",
      ${txn}::bigint${together(values)}
    from json_to_recordset(${json}::json) as r(id text, number bigint, "createdTime" timestamptz, "createdBy" text,
      "modifiedTime" timestamptz, "modifiedBy" text${together(definitions)})`;
}

/** The next record gets this number, or the one after the largest, whichever is larger. */
export const setNextNumber = (table: Table, next: number): Sql => sql`
  select setval(${sequenceName(table)}::regclass,
    greatest(${next}::bigint, (select coalesce(max(auto_number), 0) + 1 from ${tableSql(table).name})), false)`;

/** Makes the pairs of a link from the cells on both of its sides, as far as they agree. */
export const pairBothSides = (own: LinkSide, other: LinkSide, options: LinkOptions): Sql => sql`
  with own as (${cellPairs(own)}), other as (${cellPairs(other)})
  insert into ${ident(own.table.baseId, options.junction)} (a, b, a_pos, b_pos)
  select own.id, own.linked, own.place - 1, other.place - 1
  from own join other on other.id = own.linked and other.linked = own.id`;

/** Links in all cells of a field. */
export const countLinks = ({ table, field }: LinkSide): Sql => sql`
  select coalesce(sum(cardinality(${columnOf(field)})), 0) as count from ${tableSql(table).name} t`;

/** Pairs of a table's link to itself, which has one side only. */
export const pairOneSide = (own: LinkSide, options: LinkOptions): Sql => sql`
  with own as (${cellPairs(own)})
  insert into ${ident(own.table.baseId, options.junction)}
    (${sideOf(options, "own")}, ${sideOf(options, "other")}, ${sideOf(options, "own")}_pos, ${sideOf(options, "other")}_pos)
  select own.id, own.linked, own.place - 1, row_number() over (partition by own.linked order by own.id) - 1 from own`;

/** A record whose cell names one that its table does not have. */
export const danglingLink = (own: LinkSide, linked: Table): Sql => sql`
  with own as (${cellPairs(own)})
  select own.id, own.linked from own
  where not exists (select from ${tableSql(linked).name} t where t.id = own.linked) limit 1`;

/** One side of a link: a field and its table. */
export interface LinkSide {
  readonly table: Table;
  readonly field: Field;
}

export interface CommentOfFile {
  readonly id: string;
  readonly tableId: string;
  readonly recordId: string;
  readonly parentId: string | null;
  readonly authorId: string;
  readonly text: string;
  readonly mentioned: Readonly<Record<string, object>>;
  readonly createdTime: string;
  readonly updatedTime: string | null;
}

export const insertFileComments = (baseId: string, comments: readonly CommentOfFile[]): Sql => sql`
  insert into records.comments
    (id, base_id, table_id, record_id, author_id, text, mentioned, created_time, updated_time)
  select c.id, ${baseId}, c."tableId", c."recordId", c."authorId", c.text, c.mentioned, c."createdTime", c."updatedTime"
  from json_to_recordset(${JSON.stringify(comments)}::json) as c(id text, "tableId" text, "recordId" text,
    "authorId" text, text text, mentioned jsonb, "createdTime" timestamptz, "updatedTime" timestamptz)`;

/** Answers of this batch to comments on the same record; tells how many there were. */
export const setParents = (
  baseId: string,
  answers: readonly Pick<CommentOfFile, "id" | "parentId">[],
): Sql => sql`
  update records.comments c set parent_id = p.id
  from json_to_recordset(${JSON.stringify(answers)}::json) as a(id text, "parentId" text)
  join records.comments p on p.id = a."parentId"
  where c.id = a.id and c.id <> p.id and c.base_id = ${baseId} and p.base_id = ${baseId}
    and p.table_id = c.table_id and p.record_id = c.record_id`;

/** A comment on a record that is not there. */
export const danglingComment = (table: Table): Sql => sql`
  select c.id from records.comments c
  where c.table_id = ${table.id} and not exists (select from ${tableSql(table).name} t where t.id = c.record_id)
  limit 1`;

export const insertAbsentPeople = (baseId: string, people: readonly FileUser[]): Sql => sql`
  insert into records.absent_people (base_id, user_id, email, name)
  select ${baseId}, p.id, p.email, p.name
  from json_to_recordset(${JSON.stringify(people)}::json) as p(id text, email text, name text)`;

export const countTable = (table: Table): Sql => sql`analyze ${tableSql(table).name}`;

function cellPairs({ table, field }: LinkSide): Sql {
  return sql`
    select t.id, e.linked, e.place
    from ${tableSql(table).name} t cross join lateral unnest(${columnOf(field)}) with ordinality as e(linked, place)`;
}

function sideOf({ side }: LinkOptions, which: "own" | "other"): Sql {
  return constant((which === "own") === (side === "a") ? "a" : "b");
}

function sequenceName({ baseId, id }: Table): string {
  return `"${baseId}"."${id}_auto_number_seq"`;
}

function together(parts: readonly Sql[]): Sql {
  return parts.length === 0 ? empty : join(parts, "");
}
