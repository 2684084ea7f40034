import type { Scope } from "#kernel";
import { allow } from "#workspaces";
import { periodsAt } from "../usage/write-usage.ts";
import { resetsAt } from "./quota-book.ts";
import { NEAR_PERCENT, percentOf } from "./thresholds.ts";
import { quotasWithUse, type QuotaRow } from "./quotas.sql.ts";

/** A bound as it goes out. */
export interface QuotaView extends Omit<QuotaRow, "workspaceId"> {
  readonly state: "below" | "near" | "reached";
  readonly resetsAt: string | null;
}

/** The bounds of a workspace and how far they are used. Problems: those of `allow`. */
export async function readQuotas(
  scope: Scope,
  workspaceId: string,
): Promise<{ readonly quotas: readonly QuotaView[] }> {
  await allow(scope, "usage.read", { workspaceId });
  return { quotas: await showQuotas(scope, workspaceId) };
}

/** The same for callers who have asked for leave. */
export async function showQuotas(scope: Scope, workspaceId: string): Promise<readonly QuotaView[]> {
  const now = scope.now();
  const rows = await scope.db.all<QuotaRow>(quotasWithUse(periodsAt(now), workspaceId));
  return rows.map(({ resource, period, limit, enforce, used }) => ({
    resource,
    period,
    limit,
    enforce,
    used,
    state: stateOf({ used, limit }),
    resetsAt: resetsAt(period, now),
  }));
}

function stateOf(use: { readonly used: number; readonly limit: number }): QuotaView["state"] {
  const percent = percentOf(use);
  return percent >= 100 ? "reached" : percent >= NEAR_PERCENT ? "near" : "below";
}
