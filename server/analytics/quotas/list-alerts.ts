import type { Scope } from "#kernel";
import { allow } from "#workspaces";
import { alertsOf, deleteOldAlerts, type AlertRow } from "./alerts.sql.ts";

/** Alerts of one answer. */
const ALERTS_MAX = 200;
/** How long alerts are kept, milliseconds. */
const KEPT_MS = 400 * 24 * 3_600_000;

/** The alerts of a workspace, newest first. Problems: those of `allow`. */
export async function listAlerts(
  scope: Scope,
  workspaceId: string,
): Promise<{ readonly alerts: readonly AlertRow[] }> {
  await allow(scope, "usage.read", { workspaceId });
  return { alerts: await scope.db.all<AlertRow>(alertsOf(workspaceId, ALERTS_MAX)) };
}

/** Forgets old ones. */
export async function sweepAlerts(scope: Scope): Promise<void> {
  await scope.db.run(deleteOldAlerts(new Date(scope.now().getTime() - KEPT_MS)));
}
