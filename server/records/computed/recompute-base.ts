import type { Scope } from "#kernel";
import { resetRole, setRole } from "../rows/base-writer.sql.ts";
import type { BaseSchema, Table } from "../schema/base-schema.ts";
import type { BaseTx } from "../rows/base-writer.ts";
import { setCurrentTxn } from "./context.sql.ts";
import { idsAfter } from "./backlog.sql.ts";
import { computedDespiteErrors } from "./compute-rows.ts";
import { provideContext, rememberNamed } from "./context.ts";
import { computedGraph, type ComputedNode } from "./graph.ts";
import { computeInProgram } from "./in-program.ts";
import type { Computing } from "./propagate.ts";
import { beginWatchingNewRows } from "./settle.sql.ts";
import { watchedFields } from "./watched-fields.ts";

/** An open transaction of a base, in which values can be computed. */
export interface OpenBase extends BaseTx {
  readonly schema: BaseSchema;
}

/** Computing in an open transaction of a base; `note` gets the entries of its log. */
export function computingIn(
  scope: Scope,
  { tx, txn, schema }: OpenBase,
  note: Computing["note"],
): Computing {
  return {
    scope,
    tx,
    txn,
    schema,
    mode: "compute",
    text: async (statements) => {
      if (schema.role === null) {
        return tx.pipeline(statements);
      }
      const rows = await tx.pipeline([setRole(schema.role), ...statements, resetRole]);
      return rows.slice(1, -1);
    },
    note,
  };
}

/** Rows that are computed in one statement where all are: bounds what it and we hold. */
const SLICE_ROWS = 2_000;

/**
 * Computes every computed field of a base in all rows, each after those that it reads: for a base whose rows were put in past the
 * ordinary writes. Nothing is left to the backlog or written to the log. Answers how many cells' rows it had to write.
 */
export async function recomputeBase(scope: Scope, open: OpenBase): Promise<number> {
  const nodes = [...computedGraph(open.schema).byField.values()];
  if (nodes.length === 0) {
    return 0;
  }
  await open.tx.text(setCurrentTxn(open.txn));
  const computing = computingIn(scope, open, () => undefined);
  await rememberNamed(open.tx, open.schema);
  await provideContext(computing);
  const levels = Map.groupBy(nodes, ({ level }) => level);
  let written = 0;
  for (const level of [...levels.keys()].toSorted((one, other) => one - other)) {
    for (const [table, ofTable] of Map.groupBy(levels.get(level) ?? [], (node) => node.table)) {
      written += await recomputeTable(computing, table, ofTable);
    }
  }
  return written;
}

/** Some fields of one level in all rows, in the order of ids. */
async function recomputeTable(
  computing: Computing,
  table: Table,
  nodes: readonly ComputedNode[],
): Promise<number> {
  const { byTable } = computedGraph(computing.schema);
  // In the order in which they read each other.
  const ordered = (byTable.get(table.id) ?? []).filter((node) => nodes.includes(node));
  const statement = ordered.filter(({ inProgram }) => !inProgram);
  let written = 0;
  let after = "";
  for (;;) {
    const [page = []] = await computing.text([idsAfter(table, after, SLICE_ROWS)]);
    const recordIds = page.map(([id]) => id ?? "");
    if (recordIds.length === 0) {
      return written;
    }
    computing.scope.signal.throwIfAborted();
    written += (await computedDespiteErrors(computing, statement, recordIds)).length;
    for (const node of ordered.filter(({ inProgram }) => inProgram)) {
      written += (await computeInProgram(computing, { node, recordIds })).changed.length;
    }
    after = recordIds.at(-1) ?? "";
  }
}

/** Gives the rows of a base that was filled the times of change that its fields ask for, where they came with none. */
export async function beginWatchingBase({
  tx,
  schema,
}: Pick<OpenBase, "tx" | "schema">): Promise<void> {
  for (const table of schema.tables) {
    const watched = watchedFields(schema, table);
    if (watched.length > 0) {
      await tx.run(beginWatchingNewRows(table, watched));
    }
  }
}
