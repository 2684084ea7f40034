import { sql, type Sql } from "#kernel";

/** The key of the lock that a process holds while it builds for a base. */
export const buildLock = (baseId: string): Sql =>
  sql`hashtextextended(${`basalt.indexes/${baseId}`}, 0)`;

/** Ends what the holder of the lock is doing. A lock's key stands in two halves. */
export const cancelBuilds = (baseId: string): Sql => sql`
  select pg_cancel_backend(l.pid)
  from pg_locks l join pg_database d on d.oid = l.database,
    (select ${buildLock(baseId)} as key) wanted
  where l.locktype = 'advisory' and l.objsubid = 1 and d.datname = current_database() and l.pid <> pg_backend_pid()
    and (l.classid::bigint << 32 | l.objid::bigint) = wanted.key`;
