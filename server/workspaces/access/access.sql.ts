import { sql, type Sql } from "#kernel";

/** Pairs of a user and a place, by position. */
export interface AskedPairs {
  readonly userIds: readonly string[];
  readonly placeIds: readonly string[];
}

const grantJson = sql`json_build_object(
  'id', g.id, 'effect', g.effect, 'role', g.role, 'actions', g.actions, 'reason', g.reason,
  'expiresAt', (extract(epoch from g.expires_at) * 1000)::bigint)`;

/** What each user has on each base that exists, one row a pair; pairs whose base does not exist have none. */
export const accessToBases = ({ userIds, placeIds }: AskedPairs, now: Date): Sql => sql`
  select asked.user_id as "userId", b.workspace_id as "workspaceId", b.id as "baseId",
    on_workspace.role as "workspaceRole", on_base.role as "baseRole",
    coalesce((
      select json_agg(${grantJson} order by g.id) from workspaces.grants g
      where g.user_id = asked.user_id and (g.base_id = b.id or g.workspace_id = b.workspace_id)
        and (g.expires_at is null or g.expires_at > ${now})
    ), '[]'::json) as grants
  from unnest(${userIds}::text[], ${placeIds}::text[]) as asked (user_id, place_id)
  join workspaces.bases b on b.id = asked.place_id and b.deleted_at is null
  join workspaces.workspaces w on w.id = b.workspace_id and w.deleted_at is null
  left join workspaces.roles on_workspace on on_workspace.workspace_id = w.id and on_workspace.user_id = asked.user_id
  left join workspaces.roles on_base on on_base.base_id = b.id and on_base.user_id = asked.user_id`;

/** The same for workspaces. */
export const accessToWorkspaces = ({ userIds, placeIds }: AskedPairs, now: Date): Sql => sql`
  select asked.user_id as "userId", w.id as "workspaceId", null as "baseId",
    on_workspace.role as "workspaceRole", null as "baseRole",
    coalesce((
      select json_agg(${grantJson} order by g.id) from workspaces.grants g
      where g.user_id = asked.user_id and g.workspace_id = w.id
        and (g.expires_at is null or g.expires_at > ${now})
    ), '[]'::json) as grants
  from unnest(${userIds}::text[], ${placeIds}::text[]) as asked (user_id, place_id)
  join workspaces.workspaces w on w.id = asked.place_id and w.deleted_at is null
  left join workspaces.roles on_workspace on on_workspace.workspace_id = w.id and on_workspace.user_id = asked.user_id`;
