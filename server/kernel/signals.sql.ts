import { sql, type Sql } from "./db/sql.ts";

export const CHANNEL = "basalt_signals";

export const writeSignal = (topic: string, key: string): Sql => sql`
  with written as (insert into kernel.signals (topic, key) values (${topic}, ${key}) returning id)
  select pg_notify(${CHANNEL}, id::text) from written`;

export const lastSignal = (): Sql => sql`select coalesce(max(id), 0) as id from kernel.signals`;

/**
 * A little before the last one seen as well: ids are given before commits become visible, so a lower id may appear later.
 */
export const signalsAfter = (id: number): Sql => sql`
  select id, topic, key from kernel.signals where id > ${id} order by id limit 1000`;

export const deleteOldSignals = (): Sql =>
  sql`delete from kernel.signals where at < now() - interval '1 hour'`;
