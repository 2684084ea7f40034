import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDatabase } from "../server/kernel/testing/test-database.ts";
import { evaluatorOf } from "./evaluate.ts";
import { exampleRun } from "./functions/example.ts";
import { fieldIndex } from "./language/names.ts";
import { parse } from "./language/parse.ts";
import { installed } from "./sql/testing/answers.ts";
import { comparable } from "./testing/comparable.ts";
import { generatedFields, generatedFormula, generatedRecord } from "./testing/generated.ts";
import { computeInPostgres } from "./testing/in-postgres.ts";
import { typeOf } from "./types/type-of.ts";

const database = testDatabase();
let client: pg.Client;
beforeAll(async () => {
  client = await installed(database.url);
});
afterAll(async () => client.end());

/** Formulas of one run, each computed for `RECORDS` records; `BASALT_FORMULA_CASES` asks for more cases. */
const RECORDS = 20;
const FORMULAS = Math.ceil(Number(process.env["BASALT_FORMULA_CASES"] ?? 20_000) / RECORDS);
const run = { ...exampleRun, lastModified: () => exampleRun.lastModified };
const index = fieldIndex(generatedFields);

test(
  "generated formulas have the same values in PostgreSQL as here",
  { timeout: 600_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        generatedFormula(new Set((process.env["LEFT_OUT"] ?? "").split(","))),
        fc.array(generatedRecord, { minLength: RECORDS, maxLength: RECORDS }),
        fc.constantFrom("field" as const, "rollup" as const),
        async (text, records, purpose) => {
          const { formula, problems } = typeOf(parse(text), index, purpose);
          if (formula === null) {
            throw new Error(JSON.stringify(problems));
          }
          const evaluator = evaluatorOf(formula);
          const here = records.map((record) => comparable(evaluator(record, run)));
          const there = await computeInPostgres(client, formula, {
            fields: generatedFields,
            records,
            run,
          });
          expect(there.map(comparable)).toEqual(here);
        },
      ),
      { numRuns: FORMULAS },
    );
  },
);
