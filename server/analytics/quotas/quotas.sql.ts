import { sql, type Sql } from "#kernel";
import type { Periods } from "../usage/usage.sql.ts";

/** A bound and how far it is used. */
export interface QuotaRow {
  readonly workspaceId: string;
  readonly resource: string;
  readonly period: "day" | "month" | "now";
  readonly limit: number;
  readonly enforce: boolean;
  readonly used: number;
}

/** All bounds, or those of one workspace. */
export const quotasWithUse = (periods: Periods, workspaceId: string | null): Sql => sql`
  select q.workspace_id as "workspaceId", q.resource, q.period, q.quota as "limit", q.enforce,
    coalesce(case when q.period = 'now'
      then (
        select sum(case q.resource when 'records' then h.records else h.storage end)
        from analytics.held h where h.workspace_id = q.workspace_id
      )
      else (
        select t.used from analytics.totals t
        where t.workspace_id = q.workspace_id and t.period = q.period and t.resource = q.resource
          and t.starts = case q.period when 'day' then ${periods.day}::date else ${periods.month}::date end
      )
    end, 0)::bigint as used
  from analytics.quotas q
  where ${workspaceId}::text is null or q.workspace_id = ${workspaceId}::text
  order by q.workspace_id, q.resource, q.period`;

export const deleteQuotas = (workspaceId: string): Sql =>
  sql`delete from analytics.quotas where workspace_id = ${workspaceId}`;

export const insertQuotas = (
  workspaceId: string,
  quotas: readonly object[],
  set: { readonly by: string | null; readonly at: Date },
): Sql => sql`
  insert into analytics.quotas (workspace_id, resource, period, quota, enforce, set_by, set_at)
  select ${workspaceId}, q.resource, q.period, q."limit", q.enforce, ${set.by}, ${set.at}
  from json_to_recordset(${JSON.stringify(quotas)}::json) as q(resource text, period text, "limit" bigint, enforce boolean)`;
