import { isDeepStrictEqual } from "node:util";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDatabase } from "../server/kernel/testing/test-database.ts";
import { evaluate } from "./evaluate.ts";
import { caseOf, type ExampleCase } from "./functions/example-case.ts";
import { exampleRun } from "./functions/example.ts";
import { allExamples } from "./functions/registry.ts";
import { fieldIndex } from "./language/names.ts";
import { parse } from "./language/parse.ts";
import { installed } from "./sql/testing/answers.ts";
import { comparable } from "./testing/comparable.ts";
import { computeInPostgres } from "./testing/in-postgres.ts";
import { movedToFields, type MovedExample } from "./testing/in-fields.ts";
import { pageOf, type BackendOutcome, type Outcome } from "./testing/page.ts";
import { typeOf, type TypedFormula } from "./types/type-of.ts";
import type { Value } from "./values/value.ts";

const database = testDatabase();
let client: pg.Client;
beforeAll(async () => {
  client = await installed(database.url);
});
afterAll(async () => client.end());

const run = { ...exampleRun, lastModified: () => exampleRun.lastModified };

test("docs/formulas.md tells the state of every example in both backends", async () => {
  const outcomes: Outcome[] = [];
  for (const example of allExamples) {
    const prepared = caseOf(example);
    const here = evaluated(example.formula, prepared);
    outcomes.push({
      example,
      here: { value: here, holds: isSame(here, prepared.expected) },
      inPostgres: await outcomeInPostgres(example.formula, prepared),
    });
  }
  await expect(pageOf(outcomes, "npm test -- formulas/published --update")).toMatchFileSnapshot(
    "../docs/formulas.md",
  );
});

/** The first thing that is not as expected, or as TypeScript has it where the expectation is not for this form of the example. */
async function outcomeInPostgres(text: string, prepared: ExampleCase): Promise<BackendOutcome> {
  const value = await computed(text, prepared);
  if (!isSame(value, prepared.expected)) {
    return { value, holds: false };
  }
  for (const moved of movedToFields(text, prepared)) {
    const there = await computed(moved.text, moved);
    if (!isSame(there, evaluated(moved.text, moved) ?? null)) {
      return { value: there, holds: false, fromFields: true };
    }
  }
  return { value, holds: true };
}

type Given = Omit<MovedExample, "text">;

function typed(text: string, { fields, purpose }: Given): TypedFormula | null {
  return typeOf(parse(text), fieldIndex(fields), purpose).formula;
}

/** Undefined where there is no formula. */
function evaluated(text: string, given: Given): Value | undefined {
  const formula = typed(text, given);
  return formula === null ? undefined : evaluate(formula, given.record, run);
}

/** Undefined where there is no formula or PostgreSQL refuses the statement, which the page then says. */
async function computed(text: string, given: Given): Promise<Value | undefined> {
  const formula = typed(text, given);
  const { fields, record } = given;
  try {
    return formula === null
      ? undefined
      : (await computeInPostgres(client, formula, { fields, records: [record], run }))[0];
  } catch (error) {
    if (error instanceof pg.DatabaseError) {
      return undefined;
    }
    throw error;
  }
}

function isSame(value: Value | undefined, expected: Value): boolean {
  // A text that is empty and no text at all are the same cell.
  const isBlank = expected === null && value === "";
  return (
    value !== undefined && (isBlank || isDeepStrictEqual(comparable(value), comparable(expected)))
  );
}
