import { sql, type Sql } from "./db/sql.ts";

export interface StoredRow {
  readonly request_hash: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Held until the transaction ends, so the next one with the same key sees either the stored answer or nothing at all. */
export const lockKey = (principal: string, key: string): Sql => sql`
  select pg_try_advisory_xact_lock(hashtextextended(${principal} || chr(10) || ${key}, 7)) as locked`;

export const storedAnswer = (principal: string, key: string, notBefore: Date): Sql => sql`
  select request_hash, status, headers, body
  from kernel.idempotency_keys
  where principal = ${principal} and key = ${key} and created_at >= ${notBefore}`;

export interface NewAnswerRow {
  readonly principal: string;
  readonly key: string;
  readonly requestHash: string;
  readonly status: number;
  readonly headers: string;
  readonly body: string;
  readonly at: Date;
}

/** A row that is still there is older than the time that keys are kept: `begin` would have found a younger one. */
export const storeAnswer = (row: NewAnswerRow): Sql => sql`
  insert into kernel.idempotency_keys (principal, key, request_hash, status, headers, body, created_at)
  values (${row.principal}, ${row.key}, ${row.requestHash}, ${row.status}, ${row.headers}, ${row.body}, ${row.at})
  on conflict (principal, key) do update
  set request_hash = excluded.request_hash, status = excluded.status, headers = excluded.headers, body = excluded.body,
      created_at = excluded.created_at`;

/** In bites, so that a long neglected table does not hold locks for long. */
export const deleteOldAnswers = (before: Date): Sql => sql`
  delete from kernel.idempotency_keys
  where ctid = any (array(select ctid from kernel.idempotency_keys where created_at < ${before} limit 1000))`;
