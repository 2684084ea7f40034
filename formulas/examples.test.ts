import { describe, expect, test } from "vitest";
import { evaluate } from "./evaluate.ts";
import { caseOf } from "./functions/example-case.ts";
import { exampleRun } from "./functions/example.ts";
import { allExamples } from "./functions/registry.ts";
import { fieldIndex } from "./language/names.ts";
import { parse } from "./language/parse.ts";
import { comparable } from "./testing/comparable.ts";
import { typeOf } from "./types/type-of.ts";

const context = { ...exampleRun, lastModified: () => exampleRun.lastModified };

describe.each([...new Set(allExamples.map(({ section }) => section))])("%s", (section) => {
  const examples = allExamples.filter((one) => one.section === section);
  test.each(examples)("$formula → $expected", (example) => {
    const { fields, record, purpose, expected } = caseOf(example);
    const { formula, problems } = typeOf(parse(example.formula), fieldIndex(fields), purpose);
    expect(problems).toEqual([]);
    const value = formula === null ? "no formula" : evaluate(formula, record, context);
    expect(comparable(value)).toEqual(
      // A text that is empty and no text at all are the same cell; the example table writes whichever is meant.
      example.expected === null && value === "" ? "" : comparable(expected),
    );
  });
});
