import { constant, sql, type Sql } from "#kernel";
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

/** What is to be done next. */
export interface BacklogHead {
  readonly id: number;
  readonly tableId: string;
  readonly level: number;
  readonly fieldIds: readonly string[];
  /** Null stands for all after `doneTo`. */
  readonly recordIds: readonly string[] | null;
  readonly doneTo: string;
  /** The entry names too many rows for one transaction, or others name rows of the same fields: see `cutBacklog`. */
  readonly toCut: boolean;
}

/** Other entries than pieces that name rows of the same fields as `h`. */
const alike = constant(`b.base_id = h.base_id and b.table_id = h.table_id and b.level = h.level
  and b.field_ids = h.field_ids and b.record_ids is not null and not b.piece`);

/** What is to be done next in a base: the lowest level first, so that what changes there reaches the next level once. */
export const nextBacklog = (baseId: string, rowsMax: number): Sql => sql`
  select h.id::integer as id, h.table_id as "tableId", h.level, h.field_ids as "fieldIds", h.done_to as "doneTo",
    c.cut as "toCut", case when not c.cut then h.record_ids end as "recordIds"
  from (
    select id, base_id, table_id, level, field_ids, record_ids, done_to, piece from records.backlog
    where base_id = ${baseId} order by level, id limit 1
  ) h cross join lateral (
    select h.record_ids is not null and not h.piece and (cardinality(h.record_ids) > ${rowsMax}
      or exists (select from records.backlog b where ${alike} and b.id <> h.id)) as cut
  ) c`;

/**
 * Makes one set of the rows that entries name for the same fields as this one, and cuts it into pieces for one transaction each:
 * what several writes have left is computed once, and what is left is not written anew with each piece that is done.
 */
export const cutBacklog = (id: number, rowsMax: number): Sql => sql`
  with head as (
    select h.id, h.base_id, h.table_id, h.level, h.field_ids from records.backlog h where h.id = ${id}
  ), taken as (
    delete from records.backlog b using head h where ${alike} returning b.record_ids, b.since_txn
  ), placed as (
    select r.id, (row_number() over (order by r.id) - 1) / ${rowsMax} as place
    from (select distinct r.id from taken t cross join lateral unnest(t.record_ids) r(id)) r
  )
  insert into records.backlog (base_id, table_id, level, field_ids, record_ids, since_txn, piece)
  select h.base_id, h.table_id, h.level, h.field_ids, p.record_ids, (select min(t.since_txn) from taken t), true
  from (select array_agg(placed.id order by placed.id) as record_ids from placed group by placed.place order by placed.place) p
  cross join head h`;

export const deleteBacklog = (id: number): Sql => sql`delete from records.backlog where id = ${id}`;

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
