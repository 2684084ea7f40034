import { inTransaction, noteAct, Problem, type Scope } from "#kernel";
import { requireAdmin } from "#identity";
import type { Upstreams } from "../upstreams/upstreams.ts";

/** Told to every process when the breakers of an upstream are to be closed. */
export const BREAKERS_SIGNAL = "gateway.breakers";

/**
 * Closes the circuit breakers of an upstream in every process.
 * Problems: `identity.administrator-required`, `identity.scope-required`, `gateway.no-such-upstream`.
 */
export async function resetBreakers(
  scope: Scope,
  upstreams: Upstreams,
  name: string,
): Promise<void> {
  requireAdmin(scope, "enterprise.account:write");
  if (upstreams.upstream(name) === undefined) {
    throw new Problem("not-found", "gateway.no-such-upstream", {
      message: `The gateway file has no upstream ${name}.`,
    });
  }
  await inTransaction(scope, async (tx) => {
    await noteAct(tx, {
      act: "gateway.breakers-reset",
      target: { kind: "upstream", id: name, name },
    });
    await tx.signals.send(tx.db, BREAKERS_SIGNAL, name);
  });
}
