import { inTransaction, noteAct, type Scope } from "#kernel";
import { allow } from "#workspaces";
import { dropPolicy, policyOf, setPolicy } from "./policy.sql.ts";

/** How long a workspace keeps its events, days; null: as long as the instance. */
export interface EventPolicy {
  readonly keepDays: number | null;
}

/** Problems: those of `allow`. */
export async function readEventPolicy(scope: Scope, workspaceId: string): Promise<EventPolicy> {
  await allow(scope, "analytics.read", { workspaceId });
  const row = await scope.db.maybe<{ keepDays: number }>(policyOf(workspaceId));
  return { keepDays: row?.keepDays ?? null };
}

/**
 * Sets it; what is older goes with the next chore. Longer than the instance keeps has no effect beyond that.
 * Problems: those of `allow`.
 */
export async function setEventPolicy(
  scope: Scope,
  workspaceId: string,
  { keepDays }: EventPolicy,
): Promise<EventPolicy> {
  await allow(scope, "workspace.update", { workspaceId });
  await inTransaction(scope, async (tx) => {
    await tx.db.run(keepDays === null ? dropPolicy(workspaceId) : setPolicy(workspaceId, keepDays));
    await noteAct(tx, {
      act: "analytics.event-policy-set",
      target: { kind: "workspace", id: workspaceId },
      workspaceId,
      details: { keepDays },
    });
  });
  return { keepDays };
}
