import { sql, type Sql } from "#kernel";
import type { PlacedBase } from "#workspaces";

/** What a base holds. */
export interface HeldRow {
  readonly baseId: string;
  readonly records: number;
  /** Bytes. */
  readonly storage: number;
}

/** What the bases of a workspace hold, as far as they were counted. */
export const heldOf = (workspaceId: string): Sql => sql`
  select base_id as "baseId", records, storage from analytics.held where workspace_id = ${workspaceId} order by base_id`;

/**
 * Brings the number of records up to the change log. What the log tells no number of (a table that went, a base that was
 * filled from a file) makes the base one to be counted anew. The rows are locked in order, so that two processes that do
 * this at once add everything once.
 */
export const catchUpHeld = (workspaceIds: readonly string[]): Sql => sql`
  with known as (
    select base_id, txn from analytics.held where workspace_id = any(${workspaceIds}::text[]) order by base_id for update
  ), news as (
    select k.base_id, max(e.txn) as txn,
      coalesce(sum(cardinality(e.record_ids)) filter (where e.name = 'records.created'), 0)
        - coalesce(sum(cardinality(e.record_ids)) filter (where e.name = 'records.deleted'), 0) as more,
      bool_or(e.name ~ '^(base|bases|tables)\\.') as recount
    from known k join kernel.events e on e.base_id = k.base_id and e.txn > k.txn
    group by k.base_id
  )
  update analytics.held h
  set records = greatest(0, h.records + n.more), txn = n.txn,
    measured_at = case when n.recount then '-infinity' else h.measured_at end
  from news n where h.base_id = n.base_id`;

/** What was counted; an older count never takes the place of a newer one. */
export const setHeld = (
  base: { readonly baseId: string; readonly workspaceId: string },
  held: { readonly records: number; readonly storage: number; readonly txn: number },
  at: Date,
): Sql => sql`
  insert into analytics.held as h (base_id, workspace_id, records, storage, txn, measured_at)
  values (${base.baseId}, ${base.workspaceId}, ${held.records}, ${held.storage}, ${held.txn}, ${at})
  on conflict (base_id) do update set workspace_id = excluded.workspace_id, records = excluded.records,
    storage = excluded.storage, txn = excluded.txn, measured_at = excluded.measured_at
  where h.txn <= excluded.txn`;

/** Bases that were not counted since that moment, of those given. */
export const notCountedSince = (baseIds: readonly string[], since: Date): Sql => sql`
  select b.id as "baseId" from unnest(${baseIds}::text[]) as b(id)
  left join analytics.held h on h.base_id = b.id
  where h.base_id is null or h.measured_at < ${since}
  order by h.measured_at nulls first`;

/** A base that was moved takes what it holds along. */
export const moveHeld = (bases: readonly PlacedBase[]): Sql => sql`
  update analytics.held h set workspace_id = b.workspace_id
  from unnest(${bases.map(({ baseId }) => baseId)}::text[], ${bases.map(({ workspaceId }) => workspaceId)}::text[])
    as b(base_id, workspace_id)
  where h.base_id = b.base_id and h.workspace_id <> b.workspace_id`;

/** Of a workspace: those that are not its own any more, or gone. */
export const dropHeld = (workspaceIds: readonly string[], baseIds: readonly string[]): Sql => sql`
  delete from analytics.held where workspace_id = any(${workspaceIds}::text[]) and base_id <> all(${baseIds}::text[])`;
