import { expect, test } from "vitest";
import { compileCondition } from "../compile/compile.sql.ts";
import { withoutParameters } from "../compile/literals.sql.ts";
import { fieldIndex } from "../language/names.ts";
import { parse } from "../language/parse.ts";
import { generatedFields } from "../testing/generated.ts";
import { contextOf } from "../testing/in-postgres.sql.ts";
import { typeOf } from "../types/type-of.ts";
import { exampleRun } from "./example.ts";

function conditionOf(text: string): string {
  const { formula, problems } = typeOf(parse(text), fieldIndex(generatedFields), "condition");
  if (formula === null) {
    throw new Error(problems[0]?.detail);
  }
  const context = contextOf(generatedFields, { ...exampleRun, lastModified: () => null });
  const { steps, holds } = compileCondition(formula, context);
  return [...steps, holds].map(withoutParameters).join("\n");
}

test("looking for a known text needs no function where the record's text is ASCII", () => {
  expect(conditionOf('SEARCH("Fox", {Name})')).toContain(`strpos(lower(`);
  expect(conditionOf('FIND("ä", {Name})')).toContain(`strpos(`);
});

test.each([
  'SEARCH({Name}, "fox")',
  'SEARCH("ſ", {Name})',
  'SEARCH("", {Name})',
  'SEARCH("fox", {Name}, 2)',
  'FIND("fox", {Name}, 0/0)',
  'FIND("", {Name})',
])("%s is the function's own work", (text) => {
  expect(conditionOf(text)).not.toContain("strpos(");
});
