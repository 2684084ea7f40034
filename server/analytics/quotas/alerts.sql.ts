import { sql, type Sql } from "#kernel";
import type { QuotaRow } from "./quotas.sql.ts";

/** A threshold of a bound that was crossed. */
export interface Crossing extends Pick<
  QuotaRow,
  "workspaceId" | "resource" | "period" | "limit" | "used"
> {
  /** First day of the period; null for what is held. */
  readonly starts: string | null;
  /** Percent. */
  readonly threshold: number;
}

/** Writes those down that are not yet, and answers them: of several processes one. */
export const insertAlerts = (crossings: readonly Crossing[], at: Date): Sql => sql`
  insert into analytics.alerts (workspace_id, resource, period, starts, threshold, quota, used, at, mail_after)
  select c."workspaceId", c.resource, c.period, c.starts, c.threshold, c."limit", c.used, ${at}, ${at}
  from json_to_recordset(${JSON.stringify(crossings)}::json) as c(
    "workspaceId" text, resource text, period text, starts date, threshold integer, "limit" bigint, used bigint)
  on conflict do nothing
  returning workspace_id as "workspaceId", resource, period, threshold, quota as "limit", used`;

/** What is held went below a threshold again: the next time that it is crossed is told again. */
export const endAlerts = (below: readonly Crossing[], at: Date): Sql => sql`
  update analytics.alerts a set ended_at = ${at}
  from json_to_recordset(${JSON.stringify(below)}::json) as c(
    "workspaceId" text, resource text, threshold integer)
  where a.ended_at is null and a.period = 'now' and a.workspace_id = c."workspaceId" and a.resource = c.resource
    and a.threshold = c.threshold`;

/** An alert as it goes out. */
export interface AlertRow {
  readonly id: number;
  readonly workspaceId: string;
  readonly resource: string;
  readonly period: "day" | "month" | "now";
  readonly starts: string | null;
  readonly threshold: number;
  readonly limit: number;
  readonly used: number;
  readonly at: Date;
  readonly endedAt: Date | null;
}

const columns = sql`id, workspace_id as "workspaceId", resource, period, to_char(starts, 'YYYY-MM-DD') as starts, threshold,
  quota as "limit", used, at, ended_at as "endedAt"`;

export const alertsOf = (workspaceId: string, limit: number): Sql => sql`
  select ${columns} from analytics.alerts where workspace_id = ${workspaceId} order by id desc limit ${limit}`;

/** Takes alerts that have to be mailed; whoever takes one has until `mail_after` before another tries. */
export const claimMails = (
  now: Date,
  next: Date,
  most: { readonly rows: number; readonly tries: number },
): Sql => sql`
  update analytics.alerts a set mail_tries = mail_tries + 1, mail_after = ${next}
  from (
    select id from analytics.alerts
    where mailed_at is null and mail_after <= ${now} and mail_tries < ${most.tries}
    order by id limit ${most.rows} for update skip locked
  ) due
  where a.id = due.id
  returning a.id, a.workspace_id as "workspaceId", a.resource, a.period, to_char(a.starts, 'YYYY-MM-DD') as starts,
    a.threshold, a.quota as "limit", a.used, a.at, a.ended_at as "endedAt"`;

export const noteMailed = (id: number, at: Date): Sql =>
  sql`update analytics.alerts set mailed_at = ${at} where id = ${id}`;

export const deleteOldAlerts = (before: Date): Sql =>
  sql`delete from analytics.alerts where at < ${before} and (period <> 'now' or ended_at is not null)`;
