import { sql, type Sql } from "#kernel";

/** Something that a user opened. */
export interface RecentRow {
  readonly baseId: string;
  /** Empty where the base itself was opened. */
  readonly tableId: string;
  readonly viewId: string | null;
  readonly at: Date;
}

/** Notes it, and forgets what the user opened longest ago beyond `most`. */
export const putRecent = (
  userId: string,
  { baseId, tableId, viewId, at }: RecentRow,
  most: number,
): Sql => sql`
  with put as (
    insert into records.recent (user_id, base_id, table_id, view_id, at)
    values (${userId}, ${baseId}, ${tableId}, ${viewId}, ${at})
    on conflict (user_id, base_id, table_id) do update set view_id = excluded.view_id, at = excluded.at
  )
  delete from records.recent r using (
    select base_id, table_id from records.recent where user_id = ${userId} order by at desc offset ${most - 1}
  ) old
  where r.user_id = ${userId} and r.base_id = old.base_id and r.table_id = old.table_id
    and (r.base_id, r.table_id) <> (${baseId}, ${tableId})`;

export const recentOf = (userId: string, limit: number): Sql => sql`
  select base_id as "baseId", table_id as "tableId", view_id as "viewId", at
  from records.recent where user_id = ${userId} order by at desc limit ${limit}`;

export const deleteOldRecent = (before: Date): Sql =>
  sql`delete from records.recent where at < ${before}`;
