import type { Scope } from "#kernel";
import { resetRole, setRole } from "../rows/base-writer.sql.ts";
import type { BaseSchema } from "../schema/base-schema.ts";
import type { BaseTx } from "../rows/base-writer.ts";
import { setCurrentTxn } from "./context.sql.ts";
import { computedGraph } from "./graph.ts";
import { propagate, type Computing, type Recomputed } from "./propagate.ts";
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

/**
 * Computes every computed field of a base in all rows, each after those that it reads: for a base whose rows were put in past the
 * ordinary writes. Nothing is left to the backlog or written to the log. Answers the records in which something was different.
 */
export async function recomputeBase(scope: Scope, open: OpenBase): Promise<Recomputed> {
  const whole = [...computedGraph(open.schema).byField.values()];
  if (whole.length === 0) {
    return new Map();
  }
  await open.tx.text(setCurrentTxn(open.txn));
  return propagate(
    computingIn(scope, open, () => undefined),
    { whole, rowsMax: Infinity },
  );
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
