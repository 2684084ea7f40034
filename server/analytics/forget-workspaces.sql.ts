import { constant, sql, type Sql } from "#kernel";

/** Every workspace that something was counted for. */
export const countedWorkspaces = (): Sql => sql`
  select workspace_id as id from analytics.totals where workspace_id <> ''
  union select workspace_id from analytics.quotas
  union select workspace_id from analytics.policies
  union select workspace_id from analytics.held
  union select workspace_id from analytics.alerts`;

const tables = ["usage", "quotas", "policies", "held", "alerts", "totals"];

/** All of a workspace but its events; the totals last, because by them it is found. */
export const forgetWorkspace = (id: string): readonly Sql[] =>
  tables.map(
    (table) => sql`delete from ${constant(`analytics.${table}`)} where workspace_id = ${id}`,
  );
