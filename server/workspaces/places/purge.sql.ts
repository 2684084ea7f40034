import { sql, type Sql } from "#kernel";

export const beginPurgeOfWorkspaces = (deletedBefore: Date, now: Date): Sql => sql`
  update workspaces.workspaces set purging_at = ${now}
  where deleted_at < ${deletedBefore} and purging_at is null`;

/** One base that is due and that nobody else is working on. */
export const claimBaseToPurge = (deletedBefore: Date, claimedBefore: Date, now: Date): Sql => sql`
  update workspaces.bases set purging_at = ${now}
  where id = (
    select b.id from workspaces.bases b join workspaces.workspaces w on w.id = b.workspace_id
    where (b.deleted_at < ${deletedBefore} or w.purging_at is not null)
      and (b.purging_at is null or b.purging_at < ${claimedBefore})
    order by b.id limit 1 for update of b skip locked)
  returning id`;

export const deleteBaseEntry = (baseId: string): Sql =>
  sql`delete from workspaces.bases where id = ${baseId} and purging_at is not null`;

export const deletePurgedWorkspaces = (): Sql => sql`
  delete from workspaces.workspaces w
  where w.purging_at is not null and not exists (select 1 from workspaces.bases b where b.workspace_id = w.id)
  returning w.id`;
