import type { Scope } from "#kernel";
import { BaseChange } from "../rows/base-change.ts";
import { inBase } from "../rows/base-writer.ts";
import type { ComputedState } from "../field-types/computed.ts";
import type { BaseSchema } from "../schema/base-schema.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { provideContext } from "./context.ts";
import { computedGraph, type ComputedNode } from "./graph.ts";
import { propagate } from "./propagate.ts";
import { computingIn } from "./recompute-base.ts";
import { basesWithVolatile, hasStaleRows } from "./refresh-volatile.sql.ts";
import { planOf } from "./row-plan.sql.ts";

/**
 * Computes what changes though no record does, with the clock or with people's names, and writes the rows in which it did. To be
 * called every five minutes: that is how late such a field may be.
 */
export async function refreshVolatile(scope: Scope): Promise<void> {
  for (const { baseId } of await scope.db.all<{ baseId: string }>(basesWithVolatile())) {
    scope.signal.throwIfAborted();
    try {
      await refreshBase(scope, baseId);
    } catch (error) {
      scope.log.warn({ err: error, baseId }, "fields that follow the clock were not refreshed");
    }
  }
}

/** The same for one base. */
export async function refreshBase(scope: Scope, baseId: string): Promise<void> {
  const schema = await schemaOf(scope, baseId);
  // Looked at without holding the base: most of the time nothing has changed.
  const stale = await staleNodes(scope, schema);
  if (stale.length === 0) {
    return;
  }
  const ids = new Set(stale.map(({ field }) => field.id));
  await inBase(scope, baseId, async (base, now) => {
    const change = new BaseChange(scope, base, now);
    const nodes = volatileNodes(now).filter(({ field }) => ids.has(field.id));
    await propagate(change, { whole: nodes, noted: true });
    await change.publish();
  });
}

async function staleNodes(scope: Scope, schema: BaseSchema): Promise<ComputedNode[]> {
  const stale: ComputedNode[] = [];
  for (const node of volatileNodes(schema)) {
    await scope.db.transaction(async (tx) => {
      const computing = computingIn(scope, { tx, txn: 0, schema }, () => undefined);
      await provideContext(computing);
      const plan = planOf(schema, node.table, [node]);
      const [rows] = await computing.text([hasStaleRows(node.table, plan)]);
      if (rows?.[0]?.[0] === "t") {
        stale.push(node);
      }
    });
  }
  return stale;
}

function volatileNodes(schema: BaseSchema): ComputedNode[] {
  return computedGraph(schema)
    .byField.values()
    .filter(({ field }) => (field.options as ComputedState).volatile === true)
    .toArray();
}
