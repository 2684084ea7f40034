import { ident, literal, sql, type Sql } from "#kernel";

/** Serialises the making of partitions over all processes: one fixed number. */
export const lockPartitions = (): Sql => sql`select pg_advisory_xact_lock(4270313)`;

export const listPartitions = (): Sql => sql`
  select c.relname as name from pg_inherits i
  join pg_class c on c.oid = i.inhrelid
  where i.inhparent = 'analytics.events'::regclass
  order by c.relname`;

/** A day's partition, with the index that lets an id be there once. */
export const createPartition = (name: string, from: Date, to: Date): Sql => sql`
  create table ${ident("analytics", name)} partition of analytics.events
    for values from (${literal(from.toISOString())}) to (${literal(to.toISOString())});
  create unique index ${ident(`${name}_once`)} on ${ident("analytics", name)} (workspace_id, id)`;

export const dropPartition = (name: string): Sql =>
  sql`drop table if exists ${ident("analytics", name)}`;

/** Removes some of what a workspace no longer keeps. */
export const deleteOldEvents = (workspaceId: string, before: Date, limit: number): Sql => sql`
  delete from analytics.events e
  using (
    select tableoid, ctid from analytics.events
    where workspace_id = ${workspaceId} and at < ${before}
    limit ${limit}
  ) old
  where e.tableoid = old.tableoid and e.ctid = old.ctid
    and e.workspace_id = ${workspaceId} and e.at < ${before}`;

export const shorterPolicies = (days: number): Sql => sql`
  select workspace_id as "workspaceId", keep_days as "keepDays" from analytics.policies where keep_days < ${days}`;

/** For the rest of the transaction. */
export const waitBriefly = (): Sql => sql`set local lock_timeout = '2s'`;
