import {
  applied,
  isErrorLike,
  type Typed,
  type TypedCall,
  type TypedSwitch,
} from "./types/typed.ts";
import type { TypedFormula } from "./types/type-of.ts";
import type { Kind } from "./types/kinds.ts";
import { ERROR, type Inner, type Run } from "./values/inner.ts";
import { inward, outward, type Value } from "./values/value.ts";

/** The record that a formula is computed for, and when. */
export interface EvaluationContext {
  /** Milliseconds since 1970; the same for everything that one request computes. */
  readonly now: number;
  readonly recordId: string;
  /** Milliseconds since 1970. */
  readonly createdTime: number;
  /**
   * When one of the listed fields (none listed: any that people can change) was last changed, in milliseconds since 1970.
   * Null: never, and not set when the record was created.
   */
  readonly lastModified: (fieldIds: readonly string[]) => number | null;
}

/** Values by field id. Fields that are missing are blank. */
export type FormulaRecord = Readonly<Record<string, Value>>;

/** Computes one formula for one record after another. Never throws. */
export type Evaluator = (record: FormulaRecord, context: EvaluationContext) => Value;

/** Prepares a formula for computing: worth keeping when it is computed for more than one record. */
export function evaluatorOf({ root }: TypedFormula): Evaluator {
  const kinds = new Map<string, Kind>();
  const compute = computationOf(root, kinds);
  return (record, context) => {
    const run: Run = {
      ...context,
      field: (id) => {
        const kind = kinds.get(id);
        return kind === undefined ? null : inward(record[id], kind);
      },
      slots: [],
    };
    return outward(compute(run), root.kind);
  };
}

/** Computes a formula for one record. Never throws. */
export function evaluate(
  formula: TypedFormula,
  record: FormulaRecord,
  context: EvaluationContext,
): Value {
  return evaluatorOf(formula)(record, context);
}

/** True when a condition keeps the record: everything but an error, NaN, 0, blank, an empty text or an empty array. */
export function holds(
  condition: TypedFormula,
  record: FormulaRecord,
  context: EvaluationContext,
): boolean {
  return evaluate(condition, record, context) === 1;
}

type Computation = (run: Run) => Inner;

function computationOf(node: Typed, kinds: Map<string, Kind>): Computation {
  switch (node.op) {
    case "constant": {
      const { value } = node;
      return () => value;
    }
    case "field": {
      const { id } = node;
      kinds.set(id, node.kind);
      return (run) => run.field(id);
    }
    case "subject": {
      const { slot } = node;
      return (run) => run.slots[slot] ?? null;
    }
    case "call":
      return callComputation(node, kinds);
    case "choice": {
      const condition = computationOf(node.condition, kinds);
      const result = computationOf(node.result, kinds);
      const otherwise = computationOf(node.otherwise, kinds);
      return (run) => {
        const truth = condition(run);
        return truth === ERROR ? ERROR : truth === true ? result(run) : otherwise(run);
      };
    }
    case "switch":
      return switchComputation(node, kinds);
    case "error-test": {
      const argument = computationOf(node.argument, kinds);
      return (run) => isErrorLike(argument(run));
    }
  }
}

function callComputation({ operation, ...node }: TypedCall, kinds: Map<string, Kind>): Computation {
  const given = node.arguments.map((argument) => computationOf(argument, kinds));
  return (run) => {
    const values: Inner[] = [];
    let failed = false;
    for (const compute of given) {
      const value = compute(run);
      failed ||= value === ERROR;
      values.push(value);
    }
    return failed ? ERROR : applied(operation, values, run);
  };
}

function switchComputation(node: TypedSwitch, kinds: Map<string, Kind>): Computation {
  const { slot } = node;
  const subject = computationOf(node.subject, kinds);
  const otherwise = computationOf(node.otherwise, kinds);
  const cases = node.cases.map(({ test, result }) => ({
    test: computationOf(test, kinds),
    result: computationOf(result, kinds),
  }));
  return (run) => {
    const value = subject(run);
    if (value === ERROR) {
      return ERROR;
    }
    run.slots[slot] = value;
    for (const { test, result } of cases) {
      const truth = test(run);
      if (truth !== false) {
        return truth === ERROR ? ERROR : result(run);
      }
    }
    return otherwise(run);
  };
}
