import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testDatabase } from "../../server/kernel/testing/test-database.ts";
import * as numbers from "../values/numbers.ts";
import { answers, installed, type SqlType } from "./testing/answers.ts";

const database = testDatabase();
let client: pg.Client;
beforeAll(async () => {
  client = await installed(database.url);
});
afterAll(async () => client.end());

const extremes = [
  0,
  1,
  -1,
  2,
  -2,
  0.5,
  -0.5,
  0.1,
  0.3,
  2.5,
  -2.5,
  1.005,
  1e15,
  1e16,
  1e21,
  1e22,
  1e23,
  1e-4,
  1e-5,
  1e-6,
  1e-7,
  123456789012345680000,
  2 ** 53,
  2 ** 53 + 2,
  -(2 ** 53),
  2 ** 63,
  2 ** 89,
  5e-324,
  2.2250738585072014e-308,
  1.7976931348623157e308,
  -1.7976931348623157e308,
  1e308,
  9e307,
  1e-308,
  0.49999999999999994,
  4503599627370495.5,
  4503599627370497,
  NaN,
  Infinity,
  -Infinity,
  10,
  100,
  999999.5,
  1e300,
];
const double = fc.oneof(
  fc.constantFrom(...extremes),
  fc.double({ noDefaultInfinity: false }).map((n) => n + 0),
  fc.integer({ min: -1000, max: 1000 }),
  fc.integer({ min: -1_000_000, max: 1_000_000 }).map((n) => n / 100),
  fc
    .tuple(fc.integer({ min: -999, max: 999 }), fc.integer({ min: -320, max: 306 }))
    .map(([m, e]) => Number(`${m}e${e}`) + 0),
);
const digits = fc.oneof(fc.integer({ min: -25, max: 25 }), double);

/** Runs both and compares; `slack` is the relative difference allowed, for functions that libraries compute differently. */
async function same(
  name: string,
  takes: readonly SqlType[],
  {
    cases,
    oracle,
    slack = 0,
  }: {
    cases: readonly (readonly number[])[];
    oracle: (...given: number[]) => number;
    slack?: number;
  },
): Promise<void> {
  const given = await answers(client, { name, takes, gives: "float8" }, cases);
  const wrong = cases.flatMap((one, index) => {
    const expected = oracle(...one) + 0;
    const actual = given[index] as number;
    // The smallest doubles have few digits, so a last one is a large part of them. Whether a product that lies at half of
    // the smallest one is that or nothing cannot be asked of PostgreSQL without an error.
    const last = slack > 0 ? 1e-320 : Number.MIN_VALUE;
    const close = Math.abs(actual - expected) <= slack * Math.abs(expected) + last;
    return Object.is(actual, expected) || close ? [] : [{ given: one, expected, actual }];
  });
  expect(wrong).toEqual([]);
}

function pairs(one: fc.Arbitrary<number>, other: fc.Arbitrary<number>): (readonly number[])[] {
  return [
    ...extremes.flatMap((left) => extremes.map((right) => [left, right])),
    ...fc.sample(fc.tuple(one, other), 3000),
  ];
}
const singles = (): (readonly number[])[] => [
  ...extremes.map((n) => [n]),
  ...fc.sample(fc.tuple(double), 3000),
];

const two: readonly SqlType[] = ["float8", "float8"];

describe("operators of doubles", () => {
  test.each([
    ["add", (a: number, b: number) => a + b],
    ["subtract", (a: number, b: number) => a - b],
    ["multiply", (a: number, b: number) => a * b],
    ["divide", numbers.divide],
  ])("%s gives what JavaScript gives", async (name, oracle) => {
    const cases = pairs(double, double);
    await same(`formula.${name}`, two, { cases, oracle });
    await same(`formula.${name}_plain`, two, { cases, oracle });
  });
});

describe("functions of numbers", () => {
  test.each([
    ["mod", numbers.remainder],
    ["ceiling", numbers.ceilingTo],
    ["floor", numbers.floorTo],
    ["round", (n: number, d: number) => numbers.roundedAt(n, d, Math.round)],
    ["roundup", (n: number, d: number) => numbers.roundedAt(n, d, numbers.awayFromZero)],
    ["rounddown", (n: number, d: number) => numbers.roundedAt(n, d, Math.trunc)],
  ])("%s gives what JavaScript gives", async (name, oracle) => {
    await same(`formula.${name}`, two, { cases: pairs(double, digits), oracle });
  });

  test.each([
    ["even", numbers.nextEven],
    ["odd", numbers.nextOdd],
    ["int", Math.floor],
    ["sqrt", Math.sqrt],
  ])("%s gives what JavaScript gives", async (name, oracle) => {
    await same(`formula.${name}`, ["float8"], { cases: singles(), oracle });
  });

  test("powers, logarithms and e are close to those of JavaScript", async () => {
    await same("formula.exp", ["float8"], { cases: singles(), oracle: Math.exp, slack: 1e-9 });
    await same("formula.power", two, {
      cases: pairs(double, digits),
      oracle: (b, e) => b ** e,
      slack: 1e-9,
    });
    await same("formula.log", two, {
      cases: pairs(double, double),
      oracle: numbers.logarithm,
      slack: 1e-9,
    });
  });

  test("the contract's examples of powers and logarithms are exact", async () => {
    expect(
      await answers(client, { name: "formula.power", takes: two, gives: "float8" }, [
        [3, 4],
        [16, 0.5],
        [2, -2],
        [-8, 0.5],
        [1, Infinity],
      ]),
    ).toEqual([81, 4, 0.25, NaN, NaN]);
    expect(
      await answers(client, { name: "formula.log", takes: two, gives: "float8" }, [
        [1000, 10],
        [81, 3],
        [1, 10],
        [0, 10],
        [-1, 10],
        [8, 2],
      ]),
    ).toEqual([3, 4, 0, -Infinity, NaN, 3]);
  });

  test("a condition holds for numbers but 0, and NaN is an error", async () => {
    expect(
      await answers(client, { name: "formula.truth", takes: ["float8"], gives: "boolean" }, [
        [0],
        [3],
        [NaN],
        [-Infinity],
        [null],
      ]),
    ).toEqual([false, true, null, true, null]);
  });
});

describe("numbers and text", () => {
  test("numbers are written as JavaScript writes them", async () => {
    const cases = [
      ...singles(),
      ...Array.from({ length: 1000 }, (_, n) => [2 ** (n - 500)]),
      ...Array.from({ length: 400 }, (_, n) => [Number(`1e${n - 200}`)]),
    ];
    const given = await answers(
      client,
      { name: "formula.number_text", takes: ["float8"], gives: "text" },
      cases,
    );
    expect(given).toEqual(cases.map(([n = 0]) => String(n)));
  });

  const written = fc.oneof(
    double.map(String),
    fc.string({ maxLength: 8, unit: fc.constantFrom(..."0123456789.eE+- \t\u00A0x") }),
    fc.stringMatching(/^ ?[+-]?\d{0,25}\.?\d{0,25}(e[+-]?\d{1,4})? ?$/),
    fc.constantFrom(
      "",
      " ",
      "\uFEFF1\u3000",
      "1e400",
      "-1e400",
      "1e-400",
      "0e999999999999",
      "1e309",
      "1.7976931348623158e308",
      "1.7976931348623159e308",
      "2.47e-324",
      "2.5e-324",
      "4.9e-324",
      "9".repeat(309),
      `0.${"0".repeat(400)}1e400`,
      `1${"0".repeat(400)}e-400`,
      "٣",
      "Infinity",
      "NaN",
      "0x10",
      "1_000",
      "1,5",
      ".",
      "-.",
      "5.",
      ".5",
    ),
  );

  test("texts are read as JavaScript reads them", async () => {
    const cases = fc.sample(written, 3000).map((text) => [text]);
    const read = await answers(
      client,
      { name: "formula.text_number", takes: ["text"], gives: "float8" },
      cases,
    );
    const wrong = cases.flatMap(([text = ""], index) =>
      Object.is(read[index], numbers.textToNumber(text)) ? [] : [{ text, got: read[index] }],
    );
    expect(wrong).toEqual([]);
  });

  test("VALUE keeps digits, the first point and a minus before them", async () => {
    const cases = fc
      .sample(
        fc.oneof(
          written,
          fc.string({ maxLength: 12, unit: fc.constantFrom(..."0123456789.-$,% ab") }),
        ),
        3000,
      )
      .map((text) => [text]);
    const read = await answers(
      client,
      { name: "formula.value", takes: ["text"], gives: "float8" },
      cases,
    );
    const wrong = cases.flatMap(([text = ""], index) =>
      Object.is(read[index], numbers.numberWithin(text))
        ? []
        : [{ text, got: read[index], expected: numbers.numberWithin(text) }],
    );
    expect(wrong).toEqual([]);
  });

  test("texts of a hundred thousand digits are read", async () => {
    const long = "9".repeat(100_000);
    const cases = [
      [long],
      [`0.${long}`],
      [`1e${long}`],
      [`-1e-${long}`],
      [`${"0".repeat(100_000)}7`],
      [`0.${"0".repeat(99_000)}7`],
      [`.${"1".repeat(50_000)}e49990`],
    ];
    const read = await answers(
      client,
      { name: "formula.text_number", takes: ["text"], gives: "float8" },
      cases,
    );
    expect(read).toEqual(cases.map(([text = ""]) => numbers.textToNumber(text)));
  });
});
