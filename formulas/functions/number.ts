import sql, { raw, type Sql } from "sql-template-tag";
import { canBeSpecial, isBounded, numberKind, type NumberKind } from "../types/kinds.ts";
import { constantNumber } from "../types/convert.ts";
import type { Operation, Typed } from "../types/typed.ts";
import {
  awayFromZero,
  ceilingTo,
  floorTo,
  logarithm,
  nextEven,
  nextOdd,
  remainder,
  roundedAt,
} from "../values/numbers.ts";
import { plain, sqlCall, widest, type FormulaFunction } from "./definition.ts";
import { example } from "./example.ts";

const number = { as: "number" } as const;

/** Digits that a result is shown with when none of the inputs says it. */
const SHOWN_DIGITS_MAX = 8;
const wholeKind = numberKind(0);

/** The kind, finite where the value is: what only brings a number nearer to zero, or to the next whole one, makes none infinite. */
function asFinite(kind: NumberKind, [value]: readonly Typed[]): NumberKind {
  return { ...kind, special: value === undefined || canBeSpecial(value.kind) };
}

/** A function of one number. */
function ofNumber(
  name: string,
  evaluate: (value: number) => number,
  more: Pick<FormulaFunction, "examples"> &
    Pick<Operation, "cheap"> & {
      readonly gives?: typeof widest;
      readonly sql?: Operation["sql"];
    },
): FormulaFunction {
  const { gives = widest, ...rest } = more;
  return plain({
    name,
    family: "number",
    usage: `${name}(number)`,
    takes: [number],
    gives,
    evaluate: ([value]) => evaluate(value as number) + 0,
    ...rest,
  });
}

interface Rounding {
  readonly round: (shifted: number) => number;
  /** The same in SQL, of a value that can be mentioned any number of times. No result is a negative zero. */
  readonly sql: (shifted: Sql) => Sql;
}

/** A function that rounds to some digits; with known digits the result is shown with as many. */
function rounding(
  name: string,
  { round, sql: rounded }: Rounding,
  examples: FormulaFunction["examples"],
): FormulaFunction {
  return plain({
    name,
    family: "number",
    usage: `${name}(number, [digits])`,
    takes: [number, { as: "number", otherwise: 0 }],
    gives: ([value, digits]) => {
      const known = constantNumber(digits);
      const given = value === undefined ? [] : [value];
      if (known === null || Number.isNaN(known)) {
        return widest(given);
      }
      const kind = numberKind(Math.min(SHOWN_DIGITS_MAX, Math.max(0, Math.trunc(known))));
      // Rounded up to hundreds of digits before the point, the greatest doubles become infinite.
      return known > -1 ? asFinite(kind, given) : kind;
    },
    inlined: ([, digits]) => inlinedRounding(constantNumber(digits), name, rounded),
    evaluate: ([value, digits]) => roundedAt(value as number, digits as number, round),
    examples,
  });
}

/** Digits behind the point for which the point is moved by a multiplication in the statement itself. */
const INLINED_DIGITS_MAX = 15;

function inlinedRounding(
  digits: number | null,
  name: string,
  rounded: Rounding["sql"],
): Operation["sql"] | null {
  const places = Math.trunc(digits ?? Number.NaN);
  if (!(places >= 0 && places <= INLINED_DIGITS_MAX)) {
    return null;
  }
  if (places === 0) {
    return ([value = sql`null`]) => rounded(value);
  }
  const unit = raw(`'1e${places}'::float8`);
  const slow = sqlCall(name.toLowerCase());
  return (given) =>
    sql`case when abs(${given[0]}) < ${SHIFTABLE} then ${rounded(sql`(${given[0]} * ${unit})`)} / ${unit} else ${slow(given)} end`;
}

/** Numbers below this stay far from the end of the doubles when they are multiplied by a unit or a step. */
const SHIFTABLE = raw(`'1e250'::float8`);

/** A function of a number and a step that is 1 when it is left out. */
function stepping(
  name: string,
  toStep: (value: number, step: number) => number,
  examples: FormulaFunction["examples"],
): FormulaFunction {
  return plain({
    name,
    family: "number",
    usage: `${name}(number, [significance])`,
    takes: [number, { as: "number", otherwise: 1 }],
    gives: (given: readonly Typed[]) => widest(given.slice(1)),
    inlined: ([, step]) => inlinedStepping(constantNumber(step), name),
    evaluate: ([value, step]) => toStep(value as number, step as number),
    examples,
  });
}

/** Steps of a size for which PostgreSQL's own operators serve in all but the largest and smallest numbers. */
function inlinedStepping(given: number | null, name: string): Operation["sql"] | null {
  const step = Math.abs(given ?? Number.NaN);
  if (!(step >= 1e-30 && step <= 1e30)) {
    return null;
  }
  const toWhole = raw(name === "CEILING" ? "ceil" : "floor");
  if (step === 1) {
    return ([value]) => sql`(${toWhole}(${value}) + 0)`;
  }
  const unit = raw(`'${step}'::float8`);
  const slow = sqlCall(name.toLowerCase());
  return (values) =>
    sql`case when ${values[0]} = 0 or abs(${values[0]}) between 1e-250 and ${SHIFTABLE} then ${toWhole}(${values[0]} / ${unit}) * ${unit} + 0 else ${slow(values)} end`;
}

/** Whole numbers by a whole divisor that is known need no more than PostgreSQL's operator on integers. */
function inlinedRemainder(node: Typed | undefined, given: number | null): Operation["sql"] | null {
  const divisor = Math.abs(given ?? Number.NaN);
  if (!Number.isSafeInteger(divisor) || divisor === 0) {
    return null;
  }
  const whole = (value: Sql | undefined) =>
    sql`((${value})::bigint % ${raw(`${divisor}::bigint`)})::float8`;
  return node !== undefined && isBounded(node.kind)
    ? ([value]) => whole(value)
    : (values) =>
        sql`case when ${values[0]} = trunc(${values[0]}) and abs(${values[0]}) <= 9007199254740991 then ${whole(values[0])} else ${remainderSql(values)} end`;
}

const remainderSql = sqlCall("mod");

/** The nearest whole number; of two, the greater one, where PostgreSQL takes the even one. */
function nearestSql(value: Sql): Sql {
  return sql`(round(${value}) + (${value} - round(${value}) = 0.5)::int)`;
}

export const numberFunctions: readonly FormulaFunction[] = [
  plain({
    name: "ABS",
    family: "number",
    usage: "ABS(number)",
    takes: [number],
    gives: (given) => asFinite(widest(given), given),
    cheap: true,
    evaluate: ([value]) => Math.abs(value as number),
    sql: ([value]) => sql`abs(${value})`,
    examples: [
      example("ABS(-7.25)", 7.25, "a"),
      example("ABS(0)", 0, "a"),
      example("ABS({Blank})", 0, "b"),
    ],
  }),
  stepping("CEILING", ceilingTo, [
    example("CEILING(7.02)", 8, "a"),
    example("CEILING(23, 5)", 25, "a"),
    example("CEILING(-7.5)", -7, "b"),
    example("CEILING(23, -5)", 25, "c"),
    example("CEILING(23, 0)", Number.NaN, "c"),
  ]),
  stepping("FLOOR", floorTo, [
    example("FLOOR(7.98)", 7, "a"),
    example("FLOOR(23, 5)", 20, "a"),
    example("FLOOR(-7.5)", -8, "b"),
    example("FLOOR(-7.5, -1)", -8, "c"),
    example("FLOOR(23, 0)", Number.NaN, "c"),
  ]),
  ofNumber("EVEN", nextEven, {
    gives: () => wholeKind,
    examples: [
      example("EVEN(5)", 6, "a"),
      example("EVEN(6.2)", 8, "a"),
      example("EVEN(0)", 0, "b"),
      example("EVEN(-5)", -4, "c"),
    ],
  }),
  ofNumber("ODD", nextOdd, {
    gives: () => wholeKind,
    examples: [
      example("ODD(4)", 5, "a"),
      example("ODD(5.1)", 7, "a"),
      example("ODD(-4)", -5, "a"),
      example("ODD(0)", 1, "c"),
    ],
  }),
  ofNumber("EXP", Math.exp, {
    examples: [
      example("EXP(2)", 7.38905609893065, "a"),
      example("EXP(-1)", 0.36787944117144233, "a"),
      example("EXP(1000)", Infinity, "b"),
    ],
  }),
  ofNumber("INT", Math.floor, {
    gives: (given) => asFinite(wholeKind, given),
    cheap: true,
    sql: ([value]) => sql`(floor(${value}) + 0)`,
    examples: [
      example("INT(3.99)", 3, "a"),
      example("INT(-3.01)", -4, "a"),
      example('INT("5.5")', 5, "c"),
    ],
  }),
  plain({
    name: "LOG",
    family: "number",
    usage: "LOG(number, [base])",
    takes: [number, { as: "number", otherwise: 10 }],
    gives: (given) => widest(given.slice(0, 1)),
    evaluate: ([value, base]) => logarithm(value as number, base as number) + 0,
    examples: [
      example("LOG(1000)", 3, "a"),
      example("LOG(81, 3)", 4, "a"),
      example("LOG(1)", 0, "a"),
      example("LOG(0)", -Infinity, "b"),
      example("LOG(-1)", Number.NaN, "b"),
    ],
  }),
  plain({
    name: "MOD",
    family: "number",
    usage: "MOD(number, divisor)",
    takes: [number, number],
    gives: widest,
    inlined: ([value, divisor]) => inlinedRemainder(value, constantNumber(divisor)),
    evaluate: ([value, divisor]) => remainder(value as number, divisor as number),
    examples: [
      example("MOD(17, 5)", 2, "a"),
      example("MOD(8, 4)", 0, "a"),
      example("MOD(7.5, 2)", 1.5, "b"),
      example("MOD(-7, 5)", -2, "c"),
      example("MOD(7, 0)", Number.NaN, "b"),
    ],
  }),
  plain({
    name: "POWER",
    family: "number",
    usage: "POWER(base, exponent)",
    takes: [number, number],
    gives: widest,
    evaluate: ([base, exponent]) => ((base as number) + 0) ** (exponent as number) + 0,
    examples: [
      example("POWER(3, 4)", 81, "a"),
      example("POWER(16, 0.5)", 4, "a"),
      example("POWER(2, -2)", 0.25, "a"),
      example("POWER(-8, 0.5)", Number.NaN, "b"),
      example("POWER(10, 400)", Infinity, "b"),
    ],
  }),
  rounding("ROUND", { round: Math.round, sql: nearestSql }, [
    example("ROUND(2.5, 0)", 3, "a"),
    example("ROUND(-2.5, 0)", -2, "a"),
    example("ROUND(3.14159, 3)", 3142 / 1000, "a"),
    example("ROUND(1667, -2)", 1700, "a"),
    example("ROUND(2.5)", 3, "c"),
    example("ROUND(1.005, 2)", 1, "c"),
  ]),
  rounding(
    "ROUNDUP",
    { round: awayFromZero, sql: (value) => sql`(sign(${value}) * ceil(abs(${value})) + 0)` },
    [
      example("ROUNDUP(7.21, 1)", 7.3, "a"),
      example("ROUNDUP(-7.21, 1)", -7.3, "a"),
      example("ROUNDUP(141, -2)", 200, "a"),
    ],
  ),
  rounding("ROUNDDOWN", { round: Math.trunc, sql: (value) => sql`(trunc(${value}) + 0)` }, [
    example("ROUNDDOWN(7.29, 1)", 7.2, "a"),
    example("ROUNDDOWN(-7.29, 1)", -7.2, "a"),
    example("ROUNDDOWN(199, -2)", 100, "a"),
  ]),
  ofNumber("SQRT", Math.sqrt, {
    examples: [
      example("SQRT(144)", 12, "a"),
      example("SQRT(2)", Math.SQRT2, "a"),
      example("SQRT(-4)", Number.NaN, "b"),
    ],
  }),
];
