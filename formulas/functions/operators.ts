import sql, { join } from "sql-template-tag";
import type { ArithmeticOperator } from "../language/tree.ts";
import { toNumber } from "../types/convert.ts";
import { textKind } from "../types/kinds.ts";
import { call, type Operation, type Typed } from "../types/typed.ts";
import type { Inner } from "../values/inner.ts";
import { divide } from "../values/numbers.ts";
import { carefulSql } from "../compile/arithmetic.sql.ts";
import { widest } from "./definition.ts";
import { example, type Example } from "./example.ts";

/** One more operand of a chain of + and -, or of * and /. */
export interface Operand {
  readonly operator: ArithmeticOperator;
  readonly operand: Typed;
}

/** Works a chain off from the left; long chains are cut into groups, so that no expression grows deep. */
export function arithmetic(first: Typed, rest: readonly Operand[]): Typed {
  let left = toNumber(first);
  for (let start = 0; start < rest.length; start += OPERANDS_MAX) {
    const group = rest.slice(start, start + OPERANDS_MAX);
    const given = [left, ...group.map(({ operand }) => toNumber(operand))];
    left = call(chainOf(group.map(({ operator }) => operator)), given, { kind: widest(given) });
  }
  return left;
}

const OPERANDS_MAX = 32;

/** Joins texts; long chains are cut into groups, so that no expression grows deep. */
export function concatenation(parts: readonly Typed[]): Typed {
  const groups = Array.from({ length: Math.ceil(parts.length / PARTS_MAX) }, (_, index) =>
    call(concat, parts.slice(index * PARTS_MAX, (index + 1) * PARTS_MAX), { kind: textKind }),
  );
  const [only] = groups;
  return groups.length === 1 && only !== undefined ? only : concatenation(groups);
}

const PARTS_MAX = 32;

const concat: Operation = {
  name: "&",
  evaluate: (given) => given.join(""),
  sql: (given) => sql`(${join(given, " || ")})`,
};

/** The other sign of a number. */
export function negated(operand: Typed): Typed {
  const given = toNumber(operand);
  return call(negation, [given], { kind: given.kind });
}

const apply = {
  "+": (left: number, right: number) => left + right,
  "-": (left: number, right: number) => left - right,
  "*": (left: number, right: number) => left * right,
  "/": divide,
} as const;

function chainOf(operators: readonly ArithmeticOperator[]): Operation {
  return {
    name: operators.join(""),
    operators,
    evaluate: (values: readonly Inner[]) => {
      let result = values[0] as number;
      for (const [index, operator] of operators.entries()) {
        result = apply[operator](result, values[index + 1] as number) + 0;
      }
      return result;
    },
    sql: ([first = sql`null`, ...others]) =>
      others.reduce(
        (left, right, index) => carefulSql(operators[index] ?? "+", left, right),
        first,
      ),
  };
}

const negation: Operation = {
  name: "-",
  cheap: true,
  evaluate: ([value]) => -(value as number) + 0,
  sql: ([value]) => sql`(- ${value})`,
};

export const operatorExamples: readonly Example[] = [
  example("7 / 2", 3.5, "a"),
  example("2 + 3 * 4", 14, "a"),
  example("(2 + 3) * 4", 20, "a"),
  example("10 - 4 - 3", 3, "a"),
  example('"4" + 1', 5, "c"),
  example('"four" + 1', Number.NaN, "b"),
  example("{Blank} + 1", 1, "a"),
  example('1 + 1 & "x"', "2x", "c"),
  example('"n=" & 1 + 2', "n=3", "c"),
  example('"a" & "b" = "ab"', 1, "c"),
  example("1/0", Infinity, "a"),
  example("-1/0", -Infinity, "a"),
  example("0/0", Number.NaN, "a"),
  example("{D} - {D}", Number.NaN, "c"),
  example("{D} + 1", Number.NaN, "a"),
  example("{Lookup of numbers} + 1", 2.5, { mark: "c", record: { "Lookup of numbers": [1.5] } }),
  example("{Lookup of numbers} + 1", Number.NaN, {
    mark: "c",
    record: { "Lookup of numbers": [1, 2] },
  }),
  example('"b" > "a"', 1, "c"),
  example('"a" = "A"', 0, "c"),
  example('5 = "5"', 1, "c"),
  example('5 < "x"', 0, "c"),
  example('{Link} = "Only One"', 1, { mark: "b", record: { Link: ["Only One"] } }),
  example('{Multi} = "A, B"', 1, { mark: "b", record: { Multi: ["A", "B"] } }),
  example("{Name} = 'O\\'Hara'", 1, { mark: "a", record: { Name: "O'Hara" } }),
  example("AND({Name}='x',{B}=1)", 1, { mark: "a", record: { Name: "x", B: 1 } }),
  example("NOT({Name}='')", 0, { mark: "a", record: {} }),
  example("{Name}=BLANK()", 1, { mark: "a", record: {} }),
  example("NOT({Name})", 1, { mark: "a", record: {} }),
  example("{No Date} = BLANK()", 1, { mark: "c", record: {} }),
  example("{D} < {No Date}", 0, { mark: "c", record: {} }),
  example("0/0 != 0/0", 1, "c"),
  example("0/0 = 0/0", 0, "c"),
];
