import { sql, type Sql } from "./db/sql.ts";

export const CHANNEL = "basalt_signals";
/** On it a process says which signals it has heard: its id and theirs, with spaces between. */
export const HEARD_CHANNEL = "basalt_heard";

/** Answers the id of the signal and the processes that are to hear it. */
export const writeSignal = (topic: string, key: string, processId: string): Sql => sql`
  with written as (insert into kernel.signals (topic, key) values (${topic}, ${key}) returning id)
  select pg_notify(${CHANNEL}, id::text), id,
    array(select id from kernel.processes
      where id <> ${processId} and seen_at > clock_timestamp() - interval '3 seconds') as others
  from written`;

export const lastSignal = (): Sql => sql`select coalesce(max(id), 0) as id from kernel.signals`;

/**
 * A little before the last one seen as well: ids are given before commits become visible, so a lower id may appear later.
 */
export const signalsAfter = (id: number): Sql => sql`
  select id, topic, key from kernel.signals where id > ${id} order by id limit 1000`;

export const sayHeard = (processId: string, ids: readonly number[]): Sql =>
  sql`select pg_notify(${HEARD_CHANNEL}, ${[processId, ...ids].join(" ")})`;

export const deleteOldSignals = (): Sql =>
  sql`delete from kernel.signals where at < now() - interval '1 hour'`;
