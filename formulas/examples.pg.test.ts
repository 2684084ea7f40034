import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testDatabase } from "../server/kernel/testing/test-database.ts";
import { caseOf } from "./functions/example-case.ts";
import { exampleRun } from "./functions/example.ts";
import { allExamples } from "./functions/registry.ts";
import { fieldIndex } from "./language/names.ts";
import { parse } from "./language/parse.ts";
import { installed } from "./sql/testing/answers.ts";
import { comparable } from "./testing/comparable.ts";
import { computeInPostgres } from "./testing/in-postgres.ts";
import { typeOf } from "./types/type-of.ts";

const database = testDatabase();
let client: pg.Client;
beforeAll(async () => {
  client = await installed(database.url);
});
afterAll(async () => client.end());

const run = { ...exampleRun, lastModified: () => exampleRun.lastModified };

describe.each([...new Set(allExamples.map(({ section }) => section))])("%s in SQL", (section) => {
  const examples = allExamples.filter((one) => one.section === section);
  test.each(examples)("$formula → $expected", async (example) => {
    const { fields, record, purpose, expected } = caseOf(example);
    const { formula, problems } = typeOf(parse(example.formula), fieldIndex(fields), purpose);
    expect(problems).toEqual([]);
    if (formula === null) {
      throw new Error("There is no formula");
    }
    const [value = null] = await computeInPostgres(client, formula, {
      fields,
      records: [record],
      run,
    });
    expect(comparable(value)).toEqual(
      comparable(expected === null && value === "" ? "" : expected),
    );
  });
});
