import { describe, expect, test } from "vitest";
import { evaluate } from "./evaluate.ts";
import { caseOf } from "./functions/example-case.ts";
import { exampleRun } from "./functions/example.ts";
import { allExamples } from "./functions/registry.ts";
import { fieldIndex } from "./language/names.ts";
import { parse } from "./language/parse.ts";
import { typeOf } from "./types/type-of.ts";
import type { Value } from "./values/value.ts";

const context = { ...exampleRun, lastModified: () => exampleRun.lastModified };

/** Dates by instant, numbers with a relative tolerance of 1e-9. */
function comparable(value: Value): unknown {
  if (Array.isArray(value)) {
    return value.map(comparable);
  }
  if (typeof value === "object" && value !== null && "date" in value) {
    return new Date(value.date).toISOString();
  }
  return typeof value === "number" && Number.isFinite(value) ? Number(value.toPrecision(10)) : value;
}

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
