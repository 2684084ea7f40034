import sql, { join, raw, type Sql } from "sql-template-tag";
import type { ArithmeticOperator } from "../language/tree.ts";
import { sqlCall } from "../functions/definition.ts";
import { isBounded } from "../types/kinds.ts";
import type { Typed, TypedCall } from "../types/typed.ts";

/** What stands between the operators. */
export interface Leaves {
  readonly sqlOf: (leaf: Typed) => Sql;
  /** The same as something that can be mentioned any number of times. */
  readonly bound: (leaf: Typed) => Sql;
}

/**
 * PostgreSQL's own operators are many times as fast as functions, but raise where a result leaves the range of doubles, and at a
 * division by zero. So a whole tree of them stands behind one question: are all values of a size with which nothing can happen?
 * Rows with other values take the functions, and where the kinds say enough nothing is asked. Null: no question would do.
 */
export function guardedArithmetic(root: TypedCall, { sqlOf, bound }: Leaves): Sql | null {
  const guards = guardsOf(root, "large") ?? guardsOf(root, "large or tiny");
  if (guards === null) {
    return null;
  }
  if (guards.size === 0) {
    return plainOf(root, sqlOf);
  }
  const questions = new Map<string, Sql>();
  for (const [leaf, guard] of guards) {
    const value = bound(leaf);
    const question = questionOf(guard, value);
    // The same column may stand in several places.
    questions.set(value.values.length === 0 ? question.text : `${questions.size}`, question);
  }
  return sql`case when ${join([...questions.values()], " and ")} then ${plainOf(root, bound)} else ${carefulOf(root, bound)} end`;
}

/** Values that are asked for are below this, as a power of ten; those that must not be tiny are above its reciprocal, or zero. */
const LEAF_EXPONENT = 30;
/** The power of ten of the smallest double. */
const SMALLEST = -324;
/** Decimal digits of a double, and so the powers of ten that a difference can lose. */
const DIGITS = 17;
/** No result may come closer than this to the ends of what doubles hold, as a power of ten. */
const EXPONENT_MAX = 290;

/**
 * Powers of ten: no value is beyond `most`, none but zero is nearer to zero than `near`, and all are multiples of `grain`,
 * which is as near to zero as differences of them come.
 */
interface Size {
  readonly most: number;
  readonly near: number;
  readonly grain: number;
}

/** What a leaf is asked: whether it is small enough, also whether it is not too near to zero, or no more than whether it is zero. */
type Guard = "large" | "large or tiny" | "large or tiny or zero" | "zero";

/** What has to be asked of which leaves when those of unknown size are asked in this way; null when that is not enough. */
function guardsOf(root: TypedCall, unknown: "large" | "large or tiny"): Map<Typed, Guard> | null {
  const guards = new Map<Typed, Guard>();
  const sizeOf = (node: Typed, divides: boolean): Size | null => {
    const operators = operatorsOf(node);
    if (operators === null || node.op !== "call" || divides) {
      return leafSize(node, divides);
    }
    const [first, ...others] = node.arguments;
    let size = first === undefined ? null : sizeOf(first, false);
    for (const [index, operand] of others.entries()) {
      const operator = operators[index] ?? "+";
      const other = sizeOf(operand, operator === "/");
      size = size === null || other === null ? null : combined(operator, size, other);
    }
    return size;
  };
  const leafSize = (leaf: Typed, divides: boolean): Size | null => {
    if (leaf.op === "constant") {
      return constantSize(leaf.value, divides);
    }
    if (isBounded(leaf.kind)) {
      if (divides) {
        guards.set(leaf, "zero");
      }
      return { most: 17, near: 0, grain: 0 };
    }
    const guard = divides ? "large or tiny or zero" : unknown;
    guards.set(leaf, guard);
    return guard === "large"
      ? { most: LEAF_EXPONENT, near: SMALLEST, grain: SMALLEST }
      : { most: LEAF_EXPONENT, near: -LEAF_EXPONENT, grain: -LEAF_EXPONENT - DIGITS };
  };
  return sizeOf(root, false) === null ? null : guards;
}

function constantSize(given: unknown, divides: boolean): Size | null {
  const value = typeof given === "number" ? Math.abs(given) : Number.NaN;
  if (!Number.isFinite(value) || (value === 0 && divides)) {
    return null;
  }
  const exponent = value === 0 ? 0 : Math.log10(value);
  return {
    most: Math.ceil(exponent) + 1,
    near: Math.floor(exponent),
    grain: Number.isInteger(value) ? 0 : Math.floor(exponent) - DIGITS,
  };
}

/** The size of a result, null where it could leave the range. PostgreSQL raises for a product or quotient that becomes zero. */
function combined(operator: ArithmeticOperator, left: Size, right: Size): Size | null {
  const size = sizeAfter(operator, left, right);
  const keepsNear =
    (operator === "*" && (left.near >= 0 || right.near >= 0)) ||
    (operator === "/" && right.most <= 0);
  const canVanish = (operator === "*" || operator === "/") && !keepsNear;
  return size.most > EXPONENT_MAX || (canVanish && size.near < -EXPONENT_MAX) ? null : size;
}

function sizeAfter(operator: ArithmeticOperator, left: Size, right: Size): Size {
  switch (operator) {
    case "+":
    case "-": {
      const grain = Math.min(left.grain, right.grain);
      return { most: Math.max(left.most, right.most) + 1, near: grain, grain };
    }
    case "*": {
      const near = Math.max(left.near + right.near, SMALLEST);
      const grain = left.grain >= 0 && right.grain >= 0 ? 0 : Math.max(near - DIGITS, SMALLEST);
      return { most: left.most + right.most, near, grain };
    }
    case "/": {
      const near = Math.max(left.near - right.most, SMALLEST);
      return { most: left.most - right.near, near, grain: Math.max(near - DIGITS, SMALLEST) };
    }
  }
}

const least = raw(`'1e-${LEAF_EXPONENT}'::float8`);
const most = raw(`'1e${LEAF_EXPONENT}'::float8`);

function questionOf(guard: Guard, value: Sql): Sql {
  switch (guard) {
    case "zero":
      return sql`${value} <> 0`;
    case "large":
      return sql`abs(${value}) < ${most}`;
    case "large or tiny":
      return sql`(${between(value)} or ${value} = 0 or ${between(sql`- ${value}`)})`;
    case "large or tiny or zero":
      return sql`(${between(value)} or ${between(sql`- ${value}`)})`;
  }
}

/** Asked of positive numbers first, as most are. */
function between(value: Sql): Sql {
  return sql`${value} > ${least} and ${value} < ${most}`;
}

function operatorsOf(node: Typed): readonly ArithmeticOperator[] | null {
  return node.op === "call" ? (node.operation.operators ?? null) : null;
}

function plainOf(root: TypedCall, leafSql: (leaf: Typed) => Sql): Sql {
  return written(
    root,
    leafSql,
    (operator, left, right) => sql`(${left} ${raw(operator)} ${right})`,
  );
}

function carefulOf(root: TypedCall, leafSql: (leaf: Typed) => Sql): Sql {
  return written(root, leafSql, carefulSql);
}

/** One step of a chain by the function that never raises. */
export function carefulSql(operator: ArithmeticOperator, left: Sql, right: Sql): Sql {
  return sqlCall(functionNames[operator])([left, right]);
}

const functionNames = { "+": "add", "-": "subtract", "*": "multiply", "/": "divide" } as const;

/** The tree with each step written out; what divides is a leaf, whatever it is. */
function written(
  root: TypedCall,
  leafSql: (leaf: Typed) => Sql,
  step: (operator: ArithmeticOperator, left: Sql, right: Sql) => Sql,
): Sql {
  const write = (node: Typed, divides: boolean): Sql => {
    const operators = operatorsOf(node);
    if (operators === null || node.op !== "call" || divides) {
      return leafSql(node);
    }
    const [first = sql`null`, ...others] = node.arguments.map((operand, index) =>
      write(operand, operators[index - 1] === "/"),
    );
    return others.reduce((left, right, index) => step(operators[index] ?? "+", left, right), first);
  };
  return write(root, false);
}
