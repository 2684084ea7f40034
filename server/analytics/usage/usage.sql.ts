import { sql, type Sql } from "#kernel";

/** What a caller did in a place, with the workspace that it goes to. */
export interface UsageRow {
  readonly workspaceId: string;
  readonly baseId: string;
  readonly userId: string;
  readonly keyId: string;
  readonly reads: number;
  readonly writes: number;
  readonly failures: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly recordsCreated: number;
  readonly modelTokens: number;
}

/** An amount of a workspace. */
export interface TotalRow {
  readonly workspaceId: string;
  readonly resource: string;
  readonly used: number;
}

/** First days of the day and the month of a moment, UTC, as dates. */
export interface Periods {
  readonly day: string;
  readonly month: string;
}

const both = ({ day, month }: Periods): Sql =>
  sql`(values ('day', ${day}::date), ('month', ${month}::date)) as p(period, starts)`;

/** Adds to the rows of the day and of the month. In the order of the key, so that two processes never wait for each other. */
export const addUsage = (rows: readonly UsageRow[], periods: Periods): Sql => sql`
  insert into analytics.usage as u
    (period, starts, workspace_id, base_id, user_id, key_id, reads, writes, failures, bytes_in, bytes_out, records_created,
      model_tokens)
  select p.period, p.starts, r."workspaceId", r."baseId", r."userId", r."keyId",
    sum(r.reads), sum(r.writes), sum(r.failures), sum(r."bytesIn"), sum(r."bytesOut"), sum(r."recordsCreated"),
    sum(r."modelTokens")
  from ${both(periods)}, json_to_recordset(${JSON.stringify(rows)}::json) as r(
    "workspaceId" text, "baseId" text, "userId" text, "keyId" text,
    reads bigint, writes bigint, failures bigint, "bytesIn" bigint, "bytesOut" bigint, "recordsCreated" bigint,
    "modelTokens" bigint)
  group by 1, 2, 3, 4, 5, 6
  order by 1, 2, r."workspaceId" collate "C", r."baseId" collate "C", r."userId" collate "C", r."keyId" collate "C"
  on conflict (period, starts, workspace_id, base_id, user_id, key_id) do update set
    reads = u.reads + excluded.reads, writes = u.writes + excluded.writes, failures = u.failures + excluded.failures,
    bytes_in = u.bytes_in + excluded.bytes_in, bytes_out = u.bytes_out + excluded.bytes_out,
    records_created = u.records_created + excluded.records_created, model_tokens = u.model_tokens + excluded.model_tokens`;

export const addTotals = (rows: readonly TotalRow[], periods: Periods): Sql => sql`
  insert into analytics.totals as t (period, starts, workspace_id, resource, used)
  select p.period, p.starts, r."workspaceId", r.resource, sum(r.used)
  from ${both(periods)}, json_to_recordset(${JSON.stringify(rows)}::json) as r(
    "workspaceId" text, resource text, used bigint)
  group by 1, 2, 3, 4
  order by r."workspaceId" collate "C", 1, 2, 4
  on conflict (workspace_id, period, starts, resource) do update set used = t.used + excluded.used`;

export interface AskedUsage {
  readonly period: "day" | "month";
  readonly from: string;
  readonly to: string;
  readonly limit: number;
}

const columns = sql`to_char(starts, 'YYYY-MM-DD') as starts, nullif(workspace_id, '') as "workspaceId",
  nullif(base_id, '') as "baseId", user_id as "userId", nullif(key_id, '') as "keyId", reads, writes, failures,
  bytes_in as "bytesIn", bytes_out as "bytesOut", records_created as "recordsCreated", model_tokens as "modelTokens"`;
const newestFirst = sql`order by starts desc, workspace_id, base_id, user_id, key_id`;

export const usageOfWorkspace = (workspaceId: string, asked: AskedUsage): Sql => sql`
  select ${columns} from analytics.usage
  where workspace_id = ${workspaceId} and period = ${asked.period} and starts between ${asked.from}::date and ${asked.to}::date
  ${newestFirst} limit ${asked.limit}`;

/** Of one key where there is one, else of all that the user did. */
export const usageOfCaller = (
  { userId, keyId }: { readonly userId: string; readonly keyId: string | null },
  asked: AskedUsage,
): Sql => sql`
  select ${columns} from analytics.usage
  where user_id = ${userId} and (${keyId}::text is null or key_id = ${keyId}::text) and period = ${asked.period}
    and starts between ${asked.from}::date and ${asked.to}::date
  ${newestFirst} limit ${asked.limit}`;

export const totalsOfWorkspace = (workspaceId: string, asked: AskedUsage): Sql => sql`
  select to_char(starts, 'YYYY-MM-DD') as starts, resource, used from analytics.totals
  where workspace_id = ${workspaceId} and period = ${asked.period} and starts between ${asked.from}::date and ${asked.to}::date
  order by starts desc, resource limit ${asked.limit}`;

export const heaviestWorkspaces = (asked: {
  readonly period: "day" | "month";
  readonly starts: string;
  readonly resource: string;
  readonly limit: number;
}): Sql => sql`
  select workspace_id as "workspaceId", used from analytics.totals
  where period = ${asked.period} and starts = ${asked.starts}::date and resource = ${asked.resource} and workspace_id <> ''
  order by used desc, workspace_id limit ${asked.limit}`;

/** Days are kept for a while, months for good. */
export const deleteOldUsage = (before: string): Sql => sql`
  with usage as (delete from analytics.usage where period = 'day' and starts < ${before}::date)
  delete from analytics.totals where period = 'day' and starts < ${before}::date`;
