import { sql, type Sql } from "#kernel";

/** Everything that a user did in the month that begins on this day, in all places and by all keys. */
export const callerMonthOf = (userId: string, starts: string): Sql => sql`
  select coalesce(sum(reads), 0)::float8 as reads, coalesce(sum(writes), 0)::float8 as writes,
    coalesce(sum(bytes_out), 0)::float8 as "bytesOut"
  from analytics.usage where user_id = ${userId} and period = 'month' and starts = ${starts}::date`;
