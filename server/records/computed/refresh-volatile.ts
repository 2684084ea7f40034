import type { Scope } from "#kernel";
import { inBaseDespiteFormulas } from "../rows/base-change.ts";
import { withSchema } from "../rows/base-writer.ts";
import type { ComputedState } from "../field-types/computed.ts";
import type { BaseSchema } from "../schema/base-schema.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { provideContext } from "./context.ts";
import { computedGraph, type ComputedNode } from "./graph.ts";
import { idsAfter } from "./backlog.sql.ts";
import { staleInProgram } from "./in-program.ts";
import { propagate, type Computing } from "./propagate.ts";
import { isRaised } from "./raised-errors.ts";
import { computingIn } from "./recompute-base.ts";
import { basesWithVolatile, hasStaleRows } from "./refresh-volatile.sql.ts";
import { planOf } from "./row-plan.sql.ts";

/** Rows of a table that are looked at together in the program. */
const PAGE_ROWS = 1_000;

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
  const stale = await staleFields(scope, schema);
  if (stale.length === 0) {
    return;
  }
  await withSchema(scope, baseId, async (now) =>
    inBaseDespiteFormulas(scope, now, async (change) => {
      const { byField } = computedGraph(now);
      const found = stale.flatMap(({ fieldId, recordIds }) => {
        const node = byField.get(fieldId);
        return node === undefined ? [] : [{ node, recordIds }];
      });
      await propagate(change, {
        whole: found.flatMap(({ node, recordIds }) => (recordIds === undefined ? [node] : [])),
        stale: found.flatMap(({ node, recordIds }) =>
          recordIds === undefined ? [] : [{ nodes: [node], recordIds }],
        ),
        noted: true,
      });
      await change.publish();
    }),
  );
}

/** A field that is not what it should be, in some records or in any. */
interface Stale {
  readonly fieldId: string;
  readonly recordIds?: readonly string[];
}

async function staleFields(scope: Scope, schema: BaseSchema): Promise<Stale[]> {
  const stale: Stale[] = [];
  for (const node of volatileNodes(schema)) {
    try {
      const found = await scope.db.transaction(async (tx) => {
        const computing = computingIn(scope, { tx, txn: 0, schema }, () => undefined);
        await provideContext(computing);
        return node.inProgram ? staleRecords(computing, node) : isStale(computing, node);
      });
      stale.push(...found);
    } catch (error) {
      if (!isRaised(error)) {
        throw error;
      }
      // The others are refreshed all the same; which rows raise it is found out when it is computed.
      stale.push({ fieldId: node.field.id });
    }
  }
  return stale;
}

async function isStale(computing: Computing, node: ComputedNode): Promise<Stale[]> {
  const plan = planOf(computing.schema, node.table, { nodes: [node] });
  const [rows] = await computing.text([hasStaleRows(node.table, plan)]);
  return rows?.[0]?.[0] === "t" ? [{ fieldId: node.field.id }] : [];
}

/** Page by page, because the program holds what it reads. */
async function staleRecords(computing: Computing, node: ComputedNode): Promise<Stale[]> {
  const found: Stale[] = [];
  let after = "";
  for (;;) {
    const [page = []] = await computing.text([idsAfter(node.table, after, PAGE_ROWS)]);
    const ids = page.map(([id]) => id ?? "");
    const recordIds = await staleInProgram(computing, { node, recordIds: ids });
    if (recordIds.length > 0) {
      found.push({ fieldId: node.field.id, recordIds });
    }
    after = ids.at(-1) ?? "";
    if (ids.length < PAGE_ROWS) {
      return found;
    }
  }
}

function volatileNodes(schema: BaseSchema): ComputedNode[] {
  return computedGraph(schema)
    .byField.values()
    .filter(({ field }) => (field.options as ComputedState).volatile === true)
    .toArray();
}
