import sql, { join, raw, type Sql } from "sql-template-tag";
import type { ArithmeticOperator } from "../language/tree.ts";
import { sqlCall } from "../functions/definition.ts";
import type { Typed, TypedCall } from "../types/typed.ts";

/**
 * PostgreSQL's own operators are five times as fast as functions, but raise where a result leaves the range of doubles, and at a
 * division by zero. So a whole tree of them stands behind one question: are all values of a size with which nothing can happen?
 * Rows with other values take the functions.
 */
export function guardedArithmetic(root: TypedCall, leafSql: (leaf: Typed) => Sql): Sql | null {
  const leaves = new Map<Typed, Leaf>();
  const size = sizeOf(root, leaves);
  if (size === null || leaves.size > LEAVES_MAX || !isSafe(size)) {
    return null;
  }
  const asked = [...leaves].flatMap(([leaf, { divides }]) => {
    const question = guardOf(leaf, leafSql(leaf), divides);
    return question === null ? [] : [question];
  });
  const plain = plainOf(root, leafSql);
  return asked.length === 0
    ? plain
    : sql`case when ${join(asked, " and ")} then ${plain} else ${carefulOf(root, leafSql)} end`;
}

/** With more values than this, asking costs as much as the functions. */
const LEAVES_MAX = 8;

/** Values that are asked for are zero or between these, as powers of ten. */
const LEAF_EXPONENT = 30;

/** Powers of ten: no value is beyond `most`, and none but zero is nearer to zero than `least`, even after cancellation. */
interface Size {
  readonly most: number;
  readonly least: number;
}

interface Leaf {
  readonly divides: boolean;
}

/** Decimal digits of a double, and so the powers of ten that a difference can lose. */
const DIGITS = 17;

function isSafe({ most, least }: Size): boolean {
  return most < 300 && least > -290;
}

function sizeOf(node: Typed, leaves: Map<Typed, Leaf>, divides = false): Size | null {
  const operators = operatorsOf(node);
  if (operators === null || node.op !== "call") {
    return leafSize(node, leaves, divides);
  }
  // A divisor must be asked whether it is zero, and only a leaf can be.
  if (divides) {
    return null;
  }
  const [first, ...others] = node.arguments;
  let size = first === undefined ? null : sizeOf(first, leaves);
  for (const [index, operand] of others.entries()) {
    const operator = operators[index] ?? "+";
    const other = sizeOf(operand, leaves, operator === "/");
    size = size === null || other === null ? null : combined(operator, size, other);
    if (size === null || !isSafe(size)) {
      return null;
    }
  }
  return size;
}

function combined(operator: ArithmeticOperator, left: Size, right: Size): Size {
  switch (operator) {
    case "+":
    case "-":
      return {
        most: Math.max(left.most, right.most) + 1,
        least: Math.min(left.least, right.least),
      };
    case "*":
      return { most: left.most + right.most, least: left.least + right.least - DIGITS };
    case "/":
      return {
        most: left.most - (right.least + DIGITS),
        least: left.least - right.most - DIGITS,
      };
  }
}

function leafSize(leaf: Typed, leaves: Map<Typed, Leaf>, divides: boolean): Size | null {
  if (leaf.op === "constant") {
    const value = typeof leaf.value === "number" ? Math.abs(leaf.value) : Number.NaN;
    if (!Number.isFinite(value) || (value === 0 && divides)) {
      return null;
    }
    const exponent = value === 0 ? 0 : Math.log10(value);
    return { most: Math.ceil(exponent) + 1, least: Math.floor(exponent) - DIGITS };
  }
  if (!isCheap(leaf) || leaf.canFail) {
    return null;
  }
  leaves.set(leaf, { divides });
  return { most: LEAF_EXPONENT, least: -LEAF_EXPONENT - DIGITS };
}

/** A column, with something in the place of blank or not: costs next to nothing to mention again. */
function isCheap(node: Typed): boolean {
  return (
    node.op === "field" ||
    node.op === "subject" ||
    (node.op === "call" &&
      ["fill", "boolean-number"].includes(node.operation.name) &&
      node.arguments.every(isCheap))
  );
}

const least = raw(`'1e-${LEAF_EXPONENT}'::float8`);
const most = raw(`'1e${LEAF_EXPONENT}'::float8`);

/** What is to be asked of a leaf; nothing of a truth value that does not divide. */
function guardOf(leaf: Typed, value: Sql, divides: boolean): Sql | null {
  if (leaf.op === "call" && leaf.operation.name === "boolean-number" && !divides) {
    return null;
  }
  const inRange = sql`abs(${value}) between ${least} and ${most}`;
  return divides ? inRange : sql`(${inRange} or ${value} = 0)`;
}

function operatorsOf(node: Typed): readonly ArithmeticOperator[] | null {
  return node.op === "call" ? (node.operation.operators ?? null) : null;
}

function plainOf(node: Typed, leafSql: (leaf: Typed) => Sql): Sql {
  return written(
    node,
    leafSql,
    (operator, left, right) => sql`(${left} ${raw(operator)} ${right})`,
  );
}

function carefulOf(node: Typed, leafSql: (leaf: Typed) => Sql): Sql {
  return written(node, leafSql, (operator, left, right) => carefulSql(operator, left, right));
}

/** One step of a chain by the function that never raises. */
export function carefulSql(operator: ArithmeticOperator, left: Sql, right: Sql): Sql {
  return sqlCall(functionNames[operator])([left, right]);
}

const functionNames = { "+": "add", "-": "subtract", "*": "multiply", "/": "divide" } as const;

function written(
  node: Typed,
  leafSql: (leaf: Typed) => Sql,
  step: (operator: ArithmeticOperator, left: Sql, right: Sql) => Sql,
): Sql {
  const operators = operatorsOf(node);
  if (operators === null || node.op !== "call") {
    return leafSql(node);
  }
  const [first = sql`null`, ...others] = node.arguments.map((operand) =>
    written(operand, leafSql, step),
  );
  return others.reduce((left, right, index) => step(operators[index] ?? "+", left, right), first);
}
