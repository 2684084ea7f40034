import type { actBody } from "@basalt/contract";
import type { z } from "zod";
import type { ActEntry } from "./find-acts.sql.ts";

/** An act as the contract shows it. */
export function showAct(entry: ActEntry): z.infer<typeof actBody> {
  const { targetKind, credentialKind, credentialId } = entry;
  return {
    seq: entry.seq,
    at: entry.at.toISOString(),
    act: entry.act,
    outcome: entry.outcome,
    reason: entry.reason,
    actor: { kind: entry.actorKind, id: entry.actorId, name: entry.actorName },
    credential:
      credentialKind === null || credentialId === null
        ? null
        : { kind: credentialKind, id: credentialId },
    target:
      targetKind === null ? null : { kind: targetKind, id: entry.targetId, name: entry.targetName },
    workspaceId: entry.workspaceId,
    baseId: entry.baseId,
    address: entry.address,
    userAgent: entry.userAgent,
    requestId: entry.requestId,
    source: entry.source,
    times: entry.times,
    details: entry.details,
  };
}

/** Names of the columns of `csvLine`. */
export const csvHeading =
  "seq,at,act,outcome,reason,actor_kind,actor_id,actor_name,credential_kind,credential_id,target_kind,target_id,target_name,workspace_id,base_id,address,user_agent,request_id,source,times,details";

/** An act as a line of CSV (RFC 4180). */
export function csvLine(entry: ActEntry): string {
  const { details, at } = entry;
  return [
    entry.seq,
    at.toISOString(),
    entry.act,
    entry.outcome,
    entry.reason,
    entry.actorKind,
    entry.actorId,
    entry.actorName,
    entry.credentialKind,
    entry.credentialId,
    entry.targetKind,
    entry.targetId,
    entry.targetName,
    entry.workspaceId,
    entry.baseId,
    entry.address,
    entry.userAgent,
    entry.requestId,
    entry.source,
    entry.times,
    details === null ? null : JSON.stringify(details),
  ]
    .map(csvCell)
    .join(",");
}

/** Quoted where needed; what a spreadsheet would run as a formula begins with an apostrophe. */
export function csvCell(value: string | number | null): string {
  if (typeof value !== "string") {
    return value === null ? "" : String(value);
  }
  const inert = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
