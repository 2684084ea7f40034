import sql from "sql-template-tag";
import { numberKind } from "../types/kinds.ts";
import { constantNumber } from "../types/convert.ts";
import type { Typed } from "../types/typed.ts";
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
import { plain, widest, type FormulaFunction } from "./definition.ts";
import { example } from "./example.ts";

const number = { as: "number" } as const;

/** Digits that a result is shown with when none of the inputs says it. */
const SHOWN_DIGITS_MAX = 8;
const whole = numberKind(0);

/** A function of one number. */
function ofNumber(
  name: string,
  evaluate: (value: number) => number,
  more: Pick<FormulaFunction, "examples"> & { readonly gives?: typeof widest },
): FormulaFunction {
  return plain({
    name,
    family: "number",
    usage: `${name}(number)`,
    takes: [number],
    gives: more.gives ?? widest,
    evaluate: ([value]) => evaluate(value as number) + 0,
    examples: more.examples,
  });
}

/** A function that rounds to some digits; with known digits the result is shown with as many. */
function rounding(
  name: string,
  round: (shifted: number) => number,
  examples: FormulaFunction["examples"],
): FormulaFunction {
  return plain({
    name,
    family: "number",
    usage: `${name}(number, [digits])`,
    takes: [number, { as: "number", otherwise: 0 }],
    gives: ([value, digits]) => {
      const known = constantNumber(digits);
      return known === null || Number.isNaN(known)
        ? widest(value === undefined ? [] : [value])
        : numberKind(Math.min(SHOWN_DIGITS_MAX, Math.max(0, Math.trunc(known))));
    },
    evaluate: ([value, digits]) => roundedAt(value as number, digits as number, round),
    examples,
  });
}

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
    evaluate: ([value, step]) => toStep(value as number, step as number),
    examples,
  });
}

export const numberFunctions: readonly FormulaFunction[] = [
  plain({
    name: "ABS",
    family: "number",
    usage: "ABS(number)",
    takes: [number],
    gives: widest,
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
    gives: () => whole,
    examples: [
      example("EVEN(5)", 6, "a"),
      example("EVEN(6.2)", 8, "a"),
      example("EVEN(0)", 0, "b"),
      example("EVEN(-5)", -4, "c"),
    ],
  }),
  ofNumber("ODD", nextOdd, {
    gives: () => whole,
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
    gives: () => whole,
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
  rounding("ROUND", Math.round, [
    example("ROUND(2.5, 0)", 3, "a"),
    example("ROUND(-2.5, 0)", -2, "a"),
    example("ROUND(3.14159, 3)", 3142 / 1000, "a"),
    example("ROUND(1667, -2)", 1700, "a"),
    example("ROUND(2.5)", 3, "c"),
    example("ROUND(1.005, 2)", 1, "c"),
  ]),
  rounding("ROUNDUP", awayFromZero, [
    example("ROUNDUP(7.21, 1)", 7.3, "a"),
    example("ROUNDUP(-7.21, 1)", -7.3, "a"),
    example("ROUNDUP(141, -2)", 200, "a"),
  ]),
  rounding("ROUNDDOWN", Math.trunc, [
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
