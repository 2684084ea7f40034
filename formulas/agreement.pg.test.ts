import { isDeepStrictEqual } from "node:util";
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

/** Each generated formula is computed for so many records, in one statement. */
const RECORDS = 20;
/** A case is a formula with a record: `BASALT_FORMULA_CASES` asks for more of them, `BASALT_TEST_SEED` for those of an earlier run. */
const CASES = Number(process.env["BASALT_FORMULA_CASES"] || 20_000);
// A run that asks for many cases looks for new ones; the ordinary suite is the same each time.
const seed = Number(
  process.env["BASALT_TEST_SEED"] ||
    (process.env["BASALT_FORMULA_CASES"] ? Date.now() % 2 ** 31 : 20_261_120),
);
const run = { ...exampleRun, lastModified: () => exampleRun.lastModified };
const index = fieldIndex(generatedFields);

test("generated formulas have the same values in PostgreSQL as here", async () => {
  console.log(`formulas: ${CASES} cases, BASALT_TEST_SEED=${seed}`);
  await fc.assert(
    fc.asyncProperty(
      generatedFormula,
      fc.array(generatedRecord, { minLength: RECORDS, maxLength: RECORDS }),
      fc.constantFrom("field" as const, "rollup" as const),
      async (text, records, purpose) => {
        const { formula, problems } = typeOf(parse(text), index, purpose);
        if (formula === null) {
          throw new Error(JSON.stringify(problems));
        }
        fc.pre(formula.inSql);
        const evaluator = evaluatorOf(formula);
        const here = records.map((record) => comparable(evaluator(record, run)));
        const there = (
          await computeInPostgres(client, formula, { fields: generatedFields, records, run })
        ).map(comparable);
        const apart = here.findIndex((value, place) => !isDeepStrictEqual(value, there[place]));
        if (apart !== -1) {
          expect({ text, purpose, record: records[apart], value: there[apart] }).toEqual({
            text,
            purpose,
            record: records[apart],
            value: here[apart],
          });
        }
        expect(there).toHaveLength(RECORDS);
      },
    ),
    { numRuns: Math.ceil(CASES / RECORDS), seed },
  );
}, 600_000);
