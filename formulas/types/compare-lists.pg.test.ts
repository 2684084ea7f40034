import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDatabase } from "../../server/kernel/testing/test-database.ts";
import { evaluate, type FormulaRecord } from "../evaluate.ts";
import { exampleRun } from "../functions/example.ts";
import { fieldIndex } from "../language/names.ts";
import { parse } from "../language/parse.ts";
import { installed } from "../sql/testing/answers.ts";
import { computeInPostgres } from "../testing/in-postgres.ts";
import { arrayKind, numberKind } from "./kinds.ts";
import { typeOf } from "./type-of.ts";

const database = testDatabase();
let client: pg.Client;
beforeAll(async () => {
  client = await installed(database.url);
});
afterAll(async () => client.end());

const kind = arrayKind(numberKind(0));
const fields = [
  { id: "fldA", name: "A", kind },
  { id: "fldB", name: "B", kind },
];
const run = { ...exampleRun, lastModified: () => exampleRun.lastModified };

test.each<[string, readonly (number | null)[], readonly (number | null)[], 0 | 1]>([
  ["A > B", [10], [9], 1],
  ["A < B", [10], [9], 0],
  ["A >= B", [-1], [-2], 1],
  ["A = B", [10], [10], 1],
  ["A != B", [10], [9], 1],
  ["A = B", [Number.NaN], [Number.NaN], 0],
  ["A != B", [Number.NaN], [1], 1],
  ["A < B", [Number.NaN], [1], 0],
  ["A = B", [null], [0], 1],
  // Several are the text that they are joined to.
  ["A = B", [1, 2], [1, 2], 1],
  ["A < B", [10, 1], [9, 1], 1],
  ["A > B", [1], [], 1],
  ["A = B", [], [], 1],
])("%s for %j and %j", async (text, a, b, expected) => {
  const { formula } = typeOf(parse(text), fieldIndex(fields), "field");
  if (formula === null) {
    throw new Error("no formula");
  }
  const record: FormulaRecord = { fldA: a, fldB: b };
  expect(evaluate(formula, record, run)).toBe(expected);
  expect(await computeInPostgres(client, formula, { fields, records: [record], run })).toEqual([
    expected,
  ]);
});
