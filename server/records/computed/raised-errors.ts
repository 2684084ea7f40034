import { sqlState, type Scope } from "#kernel";
import type { BaseSchema } from "../schema/base-schema.ts";
import { computedGraph } from "./graph.ts";

/**
 * What a transaction does about computed fields: computes them; or, after one raised an error, which none should, writes
 * errors and leaves computing to the backlog; or writes the errors that the backlog has found to stay.
 */
export type ComputingMode = "compute" | "later" | "errors";

/** Runs a write; where a computed field raised an error in it, again without computing, so that no formula blocks a write. */
export async function despiteFormulas<T>(
  scope: Scope,
  schema: BaseSchema,
  write: (mode: ComputingMode) => Promise<T>,
): Promise<T> {
  try {
    return await write("compute");
  } catch (error) {
    // A transaction that the caller opened is lost with the error.
    if (scope.db.inTransaction || !isRaised(error) || computedGraph(schema).byField.size === 0) {
      throw error;
    }
    scope.log.error(
      { err: error, baseId: schema.baseId },
      "a computed field raised an error in a write; its cells are errors until they are computed again",
    );
    return write("later");
  }
}

/** True for errors that an expression can raise: of data, cardinality, limits, functions, or inside PostgreSQL. */
export function isRaised(error: unknown): boolean {
  const state = sqlState(error);
  return state !== undefined && (raisedClasses.has(state.slice(0, 2)) || raisedStates.has(state));
}

const raisedClasses: ReadonlySet<string> = new Set(["21", "22", "38", "39", "54", "P0", "XX"]);
/** A function that is not there, or not for these types. */
const raisedStates: ReadonlySet<string> = new Set(["42883", "42804", "42846"]);
