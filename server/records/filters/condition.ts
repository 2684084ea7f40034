import type { TypedFormula } from "@basalt/formulas";
import type { Sql } from "#kernel";
import type { Field } from "../schema/base-schema.ts";

/** What a listing keeps of a table: a condition that PostgreSQL asks of each row, or an answer that needs no row. */
export type Condition = "all" | "none" | RowCondition;

/** A question to the row `t`. */
export interface RowCondition {
  /** ` cross join …` after the row: what the question works on. */
  readonly steps: Sql;
  /** True for the rows to keep. */
  readonly holds: Sql;
  /** Fields whose persons' names it reads: `people` of the statement must know them. */
  readonly people: readonly Field[];
  /** Asks what time it is. */
  readonly followsClock?: boolean;
  /** Asks who asks: its answer is for nobody else. */
  readonly followsCaller?: boolean;
  /** What has to hold besides and PostgreSQL cannot work out: it is asked here, record by record. */
  readonly here?: TypedCondition;
}

/** A typed condition before it is SQL: what both ways to ask, formulas and filters of views, come to. */
export type TypedCondition = TypedFormula;

/** A condition that is known without any row: it keeps all, or none. */
export function verdictOf({ root }: Pick<TypedCondition, "root">): "all" | "none" | undefined {
  if (root.op !== "constant") {
    return undefined;
  }
  return root.value === true ? "all" : "none";
}
