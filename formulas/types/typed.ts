import type { Sql } from "sql-template-tag";
import type { ArithmeticOperator } from "../language/tree.ts";
import { TEXT_RESULT_MAX_CHARACTERS } from "../language/limits.ts";
import { ERROR, type Inner, type Run } from "../values/inner.ts";
import { blankKind, booleanKind, textKind, type Kind } from "./kinds.ts";

/**
 * A formula in which every conversion is written out. Both backends work from it and decide nothing about types.
 * `canFail` is true where a value can be `#ERROR!`, `canBeBlank` where it can be blank: most formulas need neither care.
 */
export type Typed =
  | TypedConstant
  | TypedField
  | TypedCall
  | TypedChoice
  | TypedSwitch
  | TypedSubject
  | TypedErrorTest;

interface TypedBase {
  readonly kind: Kind;
  readonly canFail: boolean;
  readonly canBeBlank: boolean;
}
export interface TypedConstant extends TypedBase {
  readonly op: "constant";
  readonly value: Inner;
}
export interface TypedField extends TypedBase {
  readonly op: "field";
  readonly id: string;
}
/** An operation on values that are all computed first. */
export interface TypedCall extends TypedBase {
  readonly op: "call";
  readonly operation: Operation;
  readonly arguments: readonly Typed[];
}
/** One of two branches; the condition is a truth value. */
export interface TypedChoice extends TypedBase {
  readonly op: "choice";
  readonly condition: Typed;
  readonly result: Typed;
  readonly otherwise: Typed;
}
/** The first case whose test holds. Tests refer to the subject, which is computed once, by `slot`. */
export interface TypedSwitch extends TypedBase {
  readonly op: "switch";
  readonly slot: number;
  readonly subject: Typed;
  readonly cases: readonly TypedCase[];
  readonly otherwise: Typed;
}
export interface TypedCase {
  readonly test: Typed;
  readonly result: Typed;
}
export interface TypedSubject extends TypedBase {
  readonly op: "subject";
  readonly slot: number;
}
/** True for an error, NaN and the infinities: the only place where an error is a value. */
export interface TypedErrorTest extends TypedBase {
  readonly op: "error-test";
  readonly argument: Typed;
}

/**
 * What one operation does, in both backends.
 * No argument of `evaluate` is ever an error. In SQL an error is NULL as well, so unless `takesBlank` is set the statement must
 * give NULL when any argument is NULL, and otherwise only for an error (or for blank, where the call can be blank).
 */
export interface Operation {
  readonly name: string;
  readonly evaluate: (given: readonly Inner[], run: Run) => Inner;
  /** `given` are SQL expressions without side effects; each may be repeated only when `repeats` is set. */
  readonly sql: (given: readonly Sql[], context: SqlContext) => Sql;
  /**
   * SQL that is true exactly where the operation gives true, and false or NULL everywhere else, also where an argument is NULL:
   * all that a condition asks. Mentions an argument more than once only where it is simple.
   */
  readonly keeps?: (given: readonly { readonly sql: Sql; readonly simple: boolean }[]) => Sql;
  /** Arguments may be blank and the operation knows what that means. Errors are dealt with around it. */
  readonly takesBlank?: boolean;
  /** Blank is an error to this operation, so that its NULLs need no telling apart. */
  readonly nullIsError?: boolean;
  /** Needs something that changes without the record changing, or that constants cannot know. */
  readonly reads?: "clock" | "record";
  /** The SQL mentions an argument more than once. */
  readonly repeats?: boolean;
  /** An operator or two, sooner computed twice than kept: the SQL mentions each argument once. */
  readonly cheap?: boolean;
  /** PostgreSQL computes something less than the meaning, so that a record has to be computed by `evaluate`. */
  readonly onlyHere?: boolean;
  /** What it puts in the place of blank, when it does no more than that. */
  readonly fills?: number | string | boolean;
  /** The operators between the arguments, when the operation is a chain of them. */
  readonly operators?: readonly ArithmeticOperator[];
  /** SQL that is true exactly when the operation fails; needed where its result can also be blank. */
  readonly fails?: (given: readonly Sql[], context: SqlContext) => Sql;
}

/** What a statement around the formula provides, as SQL expressions of the current row. */
export interface SqlContext {
  /** The current instant, `timestamptz`. */
  readonly now: Sql;
  readonly recordId: Sql;
  readonly createdTime: Sql;
  /** When one of the fields was last changed, `timestamptz`; all fields that people can change when none is listed. */
  readonly lastModified: (fieldIds: readonly string[]) => Sql;
  readonly field: (id: string) => SqlField;
}

/** A field's value in the type of its kind, NULL when it is blank or an error, and what tells that it is an error. */
export interface SqlField {
  readonly value: Sql;
  /** `boolean`, never NULL. Absent: the field never holds an error. */
  readonly fails?: Sql;
}

/** A value known when the formula is written. */
export function constant(value: Inner, kind: Kind): TypedConstant {
  return {
    op: "constant",
    value,
    kind,
    canFail: value === ERROR,
    canBeBlank: value === null,
  };
}

/** No value, in a place where a value of the kind could stand. */
export function blank(kind: Kind = blankKind): TypedConstant {
  return constant(null, kind);
}

/** A text known when the formula is written. */
export function textConstant(value: string): TypedConstant {
  return constant(value, textKind);
}

const noRun: Run = {
  now: 0,
  recordId: "",
  createdTime: 0,
  lastModified: () => null,
  field: () => null,
  slots: [],
};

/** A call; computed at once when everything about it is known. `canFail` says whether the operation itself can. */
export function call(
  operation: Operation,
  given: readonly Typed[],
  result: { readonly kind: Kind; readonly canFail?: boolean; readonly canBeBlank?: boolean },
): Typed {
  const failing = given.find((argument) => argument.op === "constant" && argument.value === ERROR);
  if (failing !== undefined) {
    return constant(ERROR, result.kind);
  }
  if (operation.reads === undefined && given.every(isConstant)) {
    return constant(
      folded(
        applied(
          operation,
          given.map(({ value }) => value),
          noRun,
        ),
      ),
      result.kind,
    );
  }
  return {
    op: "call",
    operation,
    arguments: given,
    kind: result.kind,
    canFail: (result.canFail ?? false) || given.some(({ canFail }) => canFail),
    canBeBlank: (result.canBeBlank ?? false) || passesBlank(operation, given),
  };
}

/** Runs an operation on values that are no errors. What it does not take as blank stays blank. */
export function applied(operation: Operation, given: readonly Inner[], run: Run): Inner {
  return operation.takesBlank !== true && operation.nullIsError !== true && given.includes(null)
    ? null
    : operation.evaluate(given, run);
}

/** A text known when the formula is written is no longer than one that a function may build. */
function folded(value: Inner): Inner {
  return typeof value === "string" && value.length > TEXT_RESULT_MAX_CHARACTERS ? ERROR : value;
}

function passesBlank(operation: Operation, given: readonly Typed[]): boolean {
  return (
    operation.takesBlank !== true &&
    operation.nullIsError !== true &&
    given.some(({ canBeBlank }) => canBeBlank)
  );
}

/** A choice between branches of one kind (or of kinds that stay apart, when the kind is `mixed`). */
export function choice(
  kind: Kind,
  branches: { readonly condition: Typed; readonly result: Typed; readonly otherwise: Typed },
): Typed {
  const { condition, result, otherwise } = branches;
  if (condition.op === "constant") {
    return condition.value === ERROR
      ? constant(ERROR, kind)
      : retyped(condition.value === true ? result : otherwise, kind);
  }
  return {
    op: "choice",
    kind,
    condition,
    result: retyped(result, kind),
    otherwise: retyped(otherwise, kind),
    canFail: condition.canFail || result.canFail || otherwise.canFail,
    canBeBlank: result.canBeBlank || otherwise.canBeBlank,
  };
}

/** A switch; its cases are tried in order. */
export function switched(
  kind: Kind,
  parts: Pick<TypedSwitch, "slot" | "subject" | "cases" | "otherwise">,
): Typed {
  const results = [...parts.cases.map(({ result }) => result), parts.otherwise];
  return {
    op: "switch",
    kind,
    slot: parts.slot,
    subject: parts.subject,
    cases: parts.cases.map(({ test, result }) => ({ test, result: retyped(result, kind) })),
    otherwise: retyped(parts.otherwise, kind),
    canFail:
      parts.subject.canFail ||
      parts.cases.some(({ test }) => test.canFail) ||
      results.some(({ canFail }) => canFail),
    canBeBlank: results.some(({ canBeBlank }) => canBeBlank),
  };
}

/** 1 when the argument is an error, NaN or infinite. */
export function errorTest(argument: Typed): Typed {
  const special = argument.kind.type === "number" && argument.kind.special;
  if (argument.op === "constant") {
    return constant(isErrorLike(argument.value), booleanKind);
  }
  return argument.canFail || special
    ? { op: "error-test", argument, kind: booleanKind, canFail: false, canBeBlank: false }
    : constant(false, booleanKind);
}

/** True for what ISERROR finds. */
export function isErrorLike(value: Inner): boolean {
  return value === ERROR || (typeof value === "number" && !Number.isFinite(value));
}

/** Blank branches take the kind of the others; everything else keeps its own. */
export function retyped(node: Typed, kind: Kind): Typed {
  if (node.kind.type !== "blank" || kind.type === "mixed") {
    return node;
  }
  switch (node.op) {
    case "choice":
      return {
        ...node,
        kind,
        result: retyped(node.result, kind),
        otherwise: retyped(node.otherwise, kind),
      };
    case "switch":
      return {
        ...node,
        kind,
        cases: node.cases.map(({ test, result }) => ({ test, result: retyped(result, kind) })),
        otherwise: retyped(node.otherwise, kind),
      };
    default:
      return { ...node, kind };
  }
}

function isConstant(node: Typed): node is TypedConstant {
  return node.op === "constant";
}
