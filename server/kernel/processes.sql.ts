import { sql, type Sql } from "./db/sql.ts";

export interface ProcessRow {
  readonly id: string;
  readonly roles: readonly string[];
  readonly version: string;
  readonly address: string;
  readonly startedAt: string;
}

/** Writes this process down, forgets those that have been gone for a minute, and answers all others that live. */
export const beat = (me: ProcessRow): Sql => sql`
  with mine as (
    insert into kernel.processes (id, roles, version, address, started_at, seen_at)
    values (${me.id}, ${me.roles}, ${me.version}, ${me.address}, ${me.startedAt}, clock_timestamp())
    on conflict (id) do update set address = excluded.address, seen_at = excluded.seen_at
  ), gone as (
    delete from kernel.processes where seen_at < clock_timestamp() - interval '1 minute' and id <> ${me.id}
  )
  select id, roles, version, address,
    to_char(started_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "startedAt"
  from kernel.processes where seen_at > clock_timestamp() - interval '3 seconds' and id <> ${me.id}
  order by started_at, id`;

export const leave = (id: string): Sql => sql`delete from kernel.processes where id = ${id}`;
