import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDatabase } from "../../server/kernel/testing/test-database.ts";
import { evaluate, type FormulaRecord } from "../evaluate.ts";
import { exampleRun } from "../functions/example.ts";
import { fieldIndex } from "../language/names.ts";
import { parse } from "../language/parse.ts";
import { installed } from "../sql/testing/answers.ts";
import { comparable } from "../testing/comparable.ts";
import { generatedFields } from "../testing/generated.ts";
import { computeInPostgres } from "../testing/in-postgres.ts";
import { typeOf } from "../types/type-of.ts";
import { errorValue, type Value } from "../values/value.ts";

const database = testDatabase();
let client: pg.Client;
beforeAll(async () => {
  client = await installed(database.url);
});
afterAll(async () => client.end());

const run = { ...exampleRun, lastModified: () => exampleRun.lastModified };
const index = fieldIndex(generatedFields);

/** Where a result can leave the range, and beside it where it just stays in it. */
const extremes = [
  0,
  1,
  -1,
  0.5,
  3,
  1e15,
  2 ** 53,
  1e29,
  1e30,
  1e31,
  1e-29,
  1e-30,
  1e-31,
  -1e-31,
  1e150,
  1e-150,
  1e154,
  1e-162,
  1e249,
  1e251,
  1e-251,
  1e300,
  -1e300,
  1e-300,
  1e308,
  -1.7e308,
  1.797e308,
  5e-324,
  -5e-324,
  2.5e-308,
];
/** The last place of the very smallest doubles is not kept by all products. */
const ordinary = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .filter((value) => value === 0 || Math.abs(value) > 1e-290);
const finite: fc.Arbitrary<Value> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...extremes) },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: ordinary },
);
const record: fc.Arbitrary<FormulaRecord> = fc.record({
  fldNumber: finite,
  fldCount: fc.option(fc.integer({ min: -3, max: 50 })),
  fldAuto: fc.integer({ min: 0, max: 1000 }),
  fldRatio: fc.oneof(
    finite,
    fc.constantFrom(Number.NaN, Infinity, -Infinity),
    fc.constant(errorValue),
  ),
  fldName: fc.constantFrom(null, "", "abc"),
});

const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(
      fc.constantFrom("{Number}", "{Ratio}", "{Count}", "{Auto}", "LEN({Name})"),
      fc.constantFrom("0.5", "0.1", "2", "3", "10", "0", "-1", "1000000000000000000000000000000"),
    ),
    fc
      .tuple(tie("expression"), fc.constantFrom("+", "-", "*", "/"), tie("expression"))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    fc
      .tuple(
        fc.constantFrom("ABS", "INT", "ROUND", "SUM", "AVERAGE", "MIN", "MAX"),
        tie("expression"),
      )
      .map(([name, given]) => `${name}(${given})`),
    fc
      .tuple(
        fc.constantFrom("ROUND", "ROUNDUP", "ROUNDDOWN", "CEILING", "FLOOR", "MOD"),
        tie("expression"),
        fc.constantFrom("0", "1", "2", "7", "-2", "0.1", "15"),
      )
      .map(([name, given, by]) => `${name}(${given}, ${by})`),
    fc
      .tuple(fc.constantFrom("SUM", "AVERAGE", "MIN", "MAX"), tie("expression"), tie("expression"))
      .map(([name, one, other]) => `${name}(${one}, ${other})`),
    fc
      .tuple(
        tie("expression"),
        fc.constantFrom("=", "!=", "<", "<=", ">", ">="),
        fc.oneof(tie("expression"), fc.constantFrom('"5"', '""', '"x"', '"1e400"')),
      )
      .map(([left, operator, right]) => `IF(${left} ${operator} ${right}, 1, 2)`),
  ),
}));

test("formulas of numbers have the same values in PostgreSQL as here, whatever the size of the numbers", async () => {
  await fc.assert(
    fc.asyncProperty(
      expression,
      fc.array(record, { minLength: 25, maxLength: 25 }),
      async (text, records) => {
        const { formula } = typeOf(parse(text), index);
        fc.pre(formula !== null);
        const here = records.map((one) => comparable(evaluate(formula, one, run)));
        const there = await computeInPostgres(client, formula, {
          fields: generatedFields,
          records,
          run,
        });
        expect(there.map(comparable)).toEqual(here);
      },
    ),
    { numRuns: 400 },
  );
});
