import { sql, type Sql } from "#kernel";

/** Makes the partitions of a month, where they are missing. */
export const makeMonth = (month: Date): Sql =>
  sql`select acts.make_month((${month}::timestamptz at time zone 'UTC')::date)`;

/** Months that have partitions, oldest first, as `202611`. */
export const monthsKept = (): Sql => sql`
  select substring(c.relname from 9) as month from pg_inherits i
  join pg_class c on c.oid = i.inhrelid
  where i.inhparent = 'acts.entries'::regclass and c.relname ~ '^entries_[0-9]{6}$'
  order by 1`;

/** Codes of a month's seals that a seal of another month follows. */
export const macsFollowed = (month: string): Sql => sql`
  select encode(s.mac, 'hex') as mac from acts.seals s
  where s.month = to_date(${month}, 'YYYYMM')
    and exists (select 1 from acts.seals n where n.previous = s.mac and n.month <> s.month)`;

export const dropMonth = (month: string): Sql =>
  sql`select acts.drop_month(to_date(${month}, 'YYYYMM')) as gone`;
