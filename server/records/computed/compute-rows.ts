import type { TextRow } from "#kernel";
import type { BaseSchema, Table } from "../schema/base-schema.ts";
import { provideContext } from "./context.ts";
import type { ComputedNode } from "./graph.ts";
import type { Computing } from "./propagate.ts";
import { recomputeRows } from "./propagate.sql.ts";
import { isRaised } from "./raised-errors.ts";
import { errorPlanOf, planOf, type RowPlan } from "./row-plan.sql.ts";

/** Computes some fields of one table in records, or in all, in one statement. Answers as `recomputeRows` does. */
export async function computedRows(
  computing: Computing,
  nodes: readonly ComputedNode[],
  recordIds: readonly string[] | undefined,
): Promise<readonly TextRow[]> {
  const [first] = nodes;
  if (first === undefined) {
    return [];
  }
  const plan = planFor(computing.schema, first.table, nodes);
  if (plan.needsContext) {
    await provideContext(computing);
  }
  return written(computing, first.table, { plan, recordIds });
}

/** The same field by field, as errors where one raises an error: the others of its rows are not to blame. */
export async function computedOrErrors(
  computing: Computing,
  nodes: readonly ComputedNode[],
  recordIds: readonly string[] | undefined,
): Promise<readonly TextRow[]> {
  // Before the first savepoint: what is undone with it would be missing.
  await provideContext(computing);
  const changed: TextRow[] = [];
  for (const node of nodes) {
    changed.push(...(await oneOrErrors(computing, node, recordIds)));
  }
  return changed;
}

/**
 * The same, where a row that raises an error spoils nothing for the others: records are halved until those are found. The context
 * must have been provided.
 */
export async function computedDespiteErrors(
  computing: Computing,
  nodes: readonly ComputedNode[],
  recordIds: readonly string[],
): Promise<readonly TextRow[]> {
  try {
    return await computing.tx.attempt(async () => computedRows(computing, nodes, recordIds));
  } catch (error) {
    if (!isRaised(error)) {
      throw error;
    }
  }
  if (recordIds.length === 1) {
    return computedOrErrors(computing, nodes, recordIds);
  }
  const half = Math.ceil(recordIds.length / 2);
  const [first, second] = [recordIds.slice(0, half), recordIds.slice(half)];
  return [
    ...(await computedDespiteErrors(computing, nodes, first)),
    ...(await computedDespiteErrors(computing, nodes, second)),
  ];
}

async function oneOrErrors(
  computing: Computing,
  node: ComputedNode,
  recordIds: readonly string[] | undefined,
): Promise<readonly TextRow[]> {
  const { table } = node;
  try {
    if (!node.inProgram) {
      return await computing.tx.attempt(async () => computedRows(computing, [node], recordIds));
    }
  } catch (error) {
    if (!isRaised(error)) {
      throw error;
    }
    const { log } = computing.scope;
    log.error({ err: error, fieldId: node.field.id }, "a computed field raised an error");
  }
  const plan = errorPlanOf(computing.schema, table, [node]);
  return written(computing, table, { plan, recordIds });
}

async function written(
  computing: Computing,
  table: Table,
  {
    plan,
    recordIds,
  }: { readonly plan: RowPlan; readonly recordIds: readonly string[] | undefined },
): Promise<readonly TextRow[]> {
  const [changed = []] = await computing.text([recomputeRows(table, plan, recordIds)]);
  return changed;
}

const plans = new WeakMap<Table, Map<string, RowPlan>>();
/** Sets of fields of one table that are kept ready. */
const PLANS_MAX = 200;

function planFor(schema: BaseSchema, table: Table, nodes: readonly ComputedNode[]): RowPlan {
  const kept = plans.get(table) ?? new Map<string, RowPlan>();
  plans.set(table, kept);
  const key = nodes.map(({ field }) => field.id).join();
  let plan = kept.get(key);
  if (plan === undefined) {
    plan = planOf(schema, table, { nodes });
    if (kept.size < PLANS_MAX) {
      kept.set(key, plan);
    }
  }
  return plan;
}
