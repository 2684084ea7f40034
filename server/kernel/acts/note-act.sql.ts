import { sql, type Sql } from "../db/sql.ts";

/** One row of `acts.entries`, ready to be written. */
export interface ActRow {
  readonly at: Date;
  readonly act: string;
  readonly outcome: "ok" | "refused";
  readonly reason: string | null;
  readonly actorKind: string;
  readonly actorId: string | null;
  readonly actorName: string | null;
  readonly credentialKind: string | null;
  readonly credentialId: string | null;
  readonly targetKind: string | null;
  readonly targetId: string | null;
  readonly targetName: string | null;
  readonly workspaceId: string | null;
  readonly baseId: string | null;
  readonly address: string;
  readonly userAgent: string;
  readonly requestId: string;
  readonly source: string;
  readonly times: number;
  /** JSON text. */
  readonly details: string | null;
}

export const insertAct = (row: ActRow): Sql => sql`
  insert into acts.entries (at, act, outcome, reason, actor_kind, actor_id, actor_name, credential_kind, credential_id,
    target_kind, target_id, target_name, workspace_id, base_id, address, user_agent, request_id, source, times, details)
  values (${row.at}, ${row.act}, ${row.outcome}, ${row.reason}, ${row.actorKind}, ${row.actorId}, ${row.actorName},
    ${row.credentialKind}, ${row.credentialId}, ${row.targetKind}, ${row.targetId}, ${row.targetName},
    ${row.workspaceId}, ${row.baseId}, ${row.address}, ${row.userAgent}, ${row.requestId}, ${row.source},
    ${row.times}, ${row.details})`;

/** Several in one statement, in their order. */
export const insertActs = (rows: readonly ActRow[]): Sql => sql`
  insert into acts.entries (at, act, outcome, reason, actor_kind, actor_id, actor_name, credential_kind, credential_id,
    target_kind, target_id, target_name, workspace_id, base_id, address, user_agent, request_id, source, times, details)
  select at, act, outcome, reason, "actorKind", "actorId", "actorName", "credentialKind", "credentialId", "targetKind",
    "targetId", "targetName", "workspaceId", "baseId", address, "userAgent", "requestId", source, times, details::jsonb
  from json_to_recordset(${JSON.stringify(rows)}::json) as r(at timestamptz, act text, outcome text, reason text,
    "actorKind" text, "actorId" text, "actorName" text, "credentialKind" text, "credentialId" text, "targetKind" text,
    "targetId" text, "targetName" text, "workspaceId" text, "baseId" text, address text, "userAgent" text,
    "requestId" text, source text, times integer, details text)`;
