import { sql, type Sql } from "#kernel";

/** The bases that are not in the trash, of these workspaces. */
export const basesIn = (workspaceIds: readonly string[]): Sql => sql`
  select id as "baseId", workspace_id as "workspaceId" from workspaces.bases
  where workspace_id = any(${workspaceIds}::text[]) and deleted_at is null`;

export const workspacesOf = (baseIds: readonly string[]): Sql => sql`
  select id as "baseId", workspace_id as "workspaceId" from workspaces.bases where id = any(${baseIds}::text[])`;

/** Bases that are not in the trash, by id. */
export const basesAfter = (after: string, limit: number): Sql => sql`
  select id as "baseId", workspace_id as "workspaceId" from workspaces.bases
  where id > ${after} and deleted_at is null
  order by id limit ${limit}`;

/** Which of these workspaces are there, in the trash or not. */
export const workspacesThere = (ids: readonly string[]): Sql =>
  sql`select id from workspaces.workspaces where id = any(${ids}::text[])`;
