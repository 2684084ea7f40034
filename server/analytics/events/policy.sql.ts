import { sql, type Sql } from "#kernel";

export const policyOf = (workspaceId: string): Sql => sql`
  select keep_days as "keepDays" from analytics.policies where workspace_id = ${workspaceId}`;

export const setPolicy = (workspaceId: string, keepDays: number): Sql => sql`
  insert into analytics.policies (workspace_id, keep_days) values (${workspaceId}, ${keepDays})
  on conflict (workspace_id) do update set keep_days = excluded.keep_days`;

export const dropPolicy = (workspaceId: string): Sql =>
  sql`delete from analytics.policies where workspace_id = ${workspaceId}`;
