import { ident, literal, sql, type Sql } from "../db/sql.ts";
import type { ChangeEvent } from "./events.ts";

export function insertEvents(events: readonly ChangeEvent[]): Sql {
  return sql`
    insert into kernel.events
      (base_id, txn, seq, at, name, table_id, record_ids, field_ids, body, actor_id, source, request_id, cause,
        address)
    select base_id, txn, seq, at, name, table_id, record_ids, field_ids, body, actor_id, source, request_id, cause, address
    from ${eventRows(events)}`;
}

/**
 * The same for a batch that learns its numbers in the database: `lastTxn` gives the number of the batch's last call as
 * `txn`, and each event's own `txn` counts from there (0 for the last call, -1 for the one before it).
 */
export function insertEventsOfBatch(lastTxn: Sql, events: readonly ChangeEvent[]): Sql {
  return sql`
    insert into kernel.events
      (base_id, txn, seq, at, name, table_id, record_ids, field_ids, body, actor_id, source, request_id, cause,
        address)
    select e.base_id, b.txn + e.txn, e.seq, e.at, e.name, e.table_id, e.record_ids, e.field_ids, e.body, e.actor_id,
      e.source, e.request_id, e.cause, e.address
    from (${lastTxn}) b, ${eventRows(events)}`;
}

function eventRows(events: readonly ChangeEvent[]): Sql {
  return sql`json_to_recordset(${eventsJson(events)}::json) as e(
    base_id text, txn bigint, seq integer, at timestamptz, name text, table_id text, record_ids text[], field_ids text[],
    body json, actor_id text, source text, request_id text, cause text[], address text)`;
}

function eventsJson(events: readonly ChangeEvent[]): string {
  return JSON.stringify(
    events.map((event) => ({
      base_id: event.baseId,
      txn: event.txn,
      seq: event.seq,
      at: event.at,
      name: event.name,
      table_id: event.tableId,
      record_ids: event.recordIds,
      field_ids: event.fieldIds,
      body: event.body,
      actor_id: event.actorId,
      source: event.source,
      request_id: event.requestId,
      cause: event.cause,
      address: event.address,
    })),
  );
}

export const eventsAfter = (baseId: string, after: number, limit: number): Sql => sql`
  with first as (
    select txn from kernel.events where base_id = ${baseId} and txn > ${after} order by txn, seq limit ${limit + 1}
  ), reach as (
    -- One row more than asked tells whether the last transaction is whole; if not, it waits for the next call.
    select case when count(*) <= ${limit} then max(txn) else greatest(max(txn) - 1, min(txn)) end as txn from first
  )
  select e.base_id as "baseId", e.txn, e.seq, e.at, e.name, e.table_id as "tableId", e.record_ids as "recordIds",
    e.field_ids as "fieldIds", e.body, e.actor_id as "actorId", e.source, e.request_id as "requestId", e.cause
  from kernel.events e, reach
  where e.base_id = ${baseId} and e.txn > ${after} and e.txn <= reach.txn
  order by e.txn, e.seq`;

/** Of an entry with very many records none is named: whoever asks takes that for any of them. */
export const changedBetween = (baseId: string, after: number, to: number): Sql => sql`
  select txn, name, table_id as "tableId",
    case when cardinality(record_ids) > 1000 then '{}' else record_ids end as "recordIds"
  from kernel.events
  where base_id = ${baseId} and txn > ${after} and txn <= ${to} order by txn, seq`;

/** Serialises the making of partitions over all processes: one fixed number. */
export const lockPartitions = (): Sql => sql`select pg_advisory_xact_lock(4270312)`;

export const createPartition = (name: string, from: Date, to: Date): Sql => sql`
  create table if not exists ${ident("kernel", name)} partition of kernel.events
  for values from (${literal(from.toISOString())}) to (${literal(to.toISOString())})`;

export const dropPartition = (name: string): Sql =>
  sql`drop table if exists ${ident("kernel", name)}`;

export const listPartitions = (): Sql => sql`
  select c.relname as name from pg_inherits i
  join pg_class c on c.oid = i.inhrelid
  where i.inhparent = 'kernel.events'::regclass
  order by c.relname`;
