import { sql, type Sql } from "#kernel";
import { tableSql } from "../rows/table-sql.ts";
import type { Table } from "../schema/base-schema.ts";

/** Rows to compute later; `recordIds` null stands for all. */
export interface BacklogRow {
  readonly tableId: string;
  readonly level: number;
  readonly fieldIds: readonly string[];
  readonly recordIds: readonly string[] | null;
}

export const insertBacklog = (baseId: string, txn: number, rows: readonly BacklogRow[]): Sql => sql`
  insert into records.backlog (base_id, table_id, level, field_ids, record_ids, since_txn)
  select ${baseId}, e."tableId", e.level, e."fieldIds", e."recordIds", ${txn}
  from json_to_recordset(${JSON.stringify(rows)}::json)
    as e("tableId" text, level integer, "fieldIds" text[], "recordIds" text[])`;

/** Entries about the same fields that are done together. */
export interface BacklogGroup {
  readonly ids: readonly number[];
  readonly tableId: string;
  readonly level: number;
  readonly fieldIds: readonly string[];
  /** Null stands for all after `doneTo`. */
  readonly recordIds: readonly string[] | null;
  readonly doneTo: string;
}

/** Entries that are done together at most. */
const GROUP_ENTRIES_MAX = 500;

/**
 * What is to be done next in a base: the lowest level first, so that what changes there reaches the next level once. Named rows
 * of several entries come together.
 */
export const nextBacklog = (baseId: string): Sql => sql`
  with head as (
    select id, base_id, table_id, level, field_ids, record_ids, done_to from records.backlog where base_id = ${baseId} order by level, id limit 1
  ), entries as (
    select b.id, b.record_ids from records.backlog b join head h on b.id = h.id
      or (b.base_id = h.base_id and b.table_id = h.table_id and b.level = h.level and b.field_ids = h.field_ids
        and b.record_ids is not null and h.record_ids is not null)
    order by b.id limit ${GROUP_ENTRIES_MAX}
  )
  select h.table_id as "tableId", h.level, h.field_ids as "fieldIds", h.done_to as "doneTo",
    (select array_agg(e.id order by e.id) from entries e)::integer[] as ids,
    case when h.record_ids is not null then
      (select array_agg(distinct r.id) from entries e cross join lateral unnest(e.record_ids) r(id)) end as "recordIds"
  from head h`;

export const deleteBacklog = (ids: readonly number[]): Sql =>
  sql`delete from records.backlog where id = any(${ids})`;

/** The rows up to this id are done. */
export const shortenBacklog = (id: number, doneTo: string): Sql => sql`
  update records.backlog set done_to = ${doneTo} where id = ${id}`;

/** Ids of a table's rows in order, after one. */
export const idsAfter = (table: Table, after: string, limit: number): Sql => sql`
  select t.id from ${tableSql(table).name} t where t.id > ${after} order by t.id limit ${limit}`;

export const basesBehind = (): Sql => sql`select distinct base_id as "baseId" from records.backlog`;

/** True where something of a base is still to be computed. */
export const isBehind = (baseId: string): Sql => sql`
  select exists (select from records.backlog b where b.base_id = ${baseId}) as behind`;

/** The fields of a base that are still to be computed somewhere. */
export const fieldsBehind = (baseId: string): Sql => sql`
  select distinct f.id from records.backlog b, unnest(b.field_ids) f(id) where b.base_id = ${baseId}`;

/** A field that was computed in some rows. */
export interface Recompute {
  readonly fieldId: string;
  readonly rows: number;
  readonly tookMs: number;
}

export const noteRecomputes = (
  done: readonly Recompute[],
  { at, txn }: { readonly at: Date; readonly txn: number },
): Sql => sql`
  insert into records.recomputes (field_id, at, txn, rows, took_ms)
  select f.id, ${at}, ${txn}, e.rows, e."tookMs"
  from json_to_recordset(${JSON.stringify(done)}::json) as e("fieldId" text, rows bigint, "tookMs" double precision)
  join records.fields f on f.id = e."fieldId"
  on conflict (field_id) do update set at = excluded.at, txn = excluded.txn, rows = excluded.rows, took_ms = excluded.took_ms`;
