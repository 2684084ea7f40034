import type { Quota } from "@basalt/contract";
import { requireAdmin } from "#identity";
import { inTransaction, noteAct, type Scope } from "#kernel";
import { goneWorkspaces, notFound } from "#workspaces";
import { catchUp } from "./held.ts";
import { quotaBook } from "./quota-book.ts";
import { deleteQuotas, insertQuotas } from "./quotas.sql.ts";
import { settleAlerts } from "./settle-alerts.ts";
import { showQuotas, type QuotaView } from "./show-quotas.ts";

/** Signals of this topic say that bounds have changed. */
export const QUOTAS_CHANGED = "analytics.quotas";
/** Bases that are counted while the operator waits; the rest follow in the background. */
const COUNTED_AT_ONCE = 200;

/**
 * Sets all bounds of a workspace, for administrators. A bound below what is used is reached at once: nothing more of it is
 * let in, and what is there stays.
 * Problems: those of `requireAdmin`, `workspaces.not-found-or-not-allowed`.
 */
export async function setQuotas(
  scope: Scope,
  workspaceId: string,
  quotas: readonly Quota[],
): Promise<{ readonly quotas: readonly QuotaView[] }> {
  requireAdmin(scope, "enterprise.account:write");
  if ((await goneWorkspaces(scope.db, [workspaceId])).size > 0) {
    throw notFound();
  }
  await catchUp(scope, [workspaceId], COUNTED_AT_ONCE);
  const by = scope.actor.kind === "user" ? scope.actor.userId : null;
  await inTransaction(scope, async (tx) => {
    const before = await showQuotas(tx, workspaceId);
    await tx.db.run(deleteQuotas(workspaceId));
    if (quotas.length > 0) {
      await tx.db.run(insertQuotas(workspaceId, quotas, { by, at: tx.now() }));
    }
    await noteAct(tx, {
      act: "analytics.quotas-set",
      target: { kind: "workspace", id: workspaceId },
      workspaceId,
      details: {
        before: before.map(({ resource, period, limit, enforce }) => ({
          resource,
          period,
          limit,
          enforce,
        })),
        after: quotas,
      },
    });
    await tx.signals.send(tx.db, QUOTAS_CHANGED, workspaceId);
  });
  if (!scope.db.inTransaction) {
    await scope.parts.of(quotaBook).reload();
    await settleAlerts(scope);
  }
  return { quotas: await showQuotas(scope, workspaceId) };
}
