import { describe, expect, test } from "vitest";
import { caseOf } from "../functions/example-case.ts";
import { fieldIndex } from "../language/names.ts";
import { parse } from "../language/parse.ts";
import { messageOf } from "../language/problems.ts";
import { outlineOf } from "./outline.ts";
import { resultOf } from "./result.ts";
import { typeOf, type Purpose, type TypedFormula } from "./type-of.ts";

const { fields } = caseOf({ formula: "values", expected: null, mark: "a", record: {} });
const index = fieldIndex(fields);

function typed(text: string, purpose: Purpose = "field"): TypedFormula {
  const { formula, problems } = typeOf(parse(text), index, purpose);
  if (formula === null) {
    throw new Error(messageOf(problems));
  }
  return formula;
}

describe("the type of a result", () => {
  test.each([
    ["1 + 1", "number 0"],
    ["{N} * 2", "number 2"],
    ["{A} + 0.125", "number 3"],
    ["ROUND({N}, 5)", "number 5"],
    ["INT({N})", "number 0"],
    ["{A} > 2", "number 0"],
    ["{Done}", "number 0"],
    ["{Name} & 1", "singleLineText"],
    ["BLANK()", "singleLineText"],
    ["IF({A}, 1, 'x')", "singleLineText"],
    ["IF({A}, 1)", "number 0"],
    ["IF({A}, 1.5, {A} > 2)", "number 1"],
    ["IF({A}, BLANK(), {D})", "date"],
    ["IF({A}, {D}, {DT})", "dateTime"],
    ["TODAY()", "date"],
    ["NOW()", "dateTime"],
    ["DATEADD({D}, 1, 'days')", "date"],
    ["DATEADD({D}, 1, 'hours')", "dateTime"],
    ["DATEADD({D}, 1, {Name})", "dateTime"],
    ["DATEADD('2024-01-31', 1, 'month')", "date"],
    ["DATETIME_PARSE('2024')", "dateTime"],
    ["MAX({D}, {DT})", "dateTime"],
    ["MAX({D}, 1)", "number 0"],
    ["{Multi}", "singleLineText"],
    ["{D} & ''", "singleLineText"],
    ["SWITCH({Size}, 'S', {D}, 'M', BLANK())", "date"],
    ["ERROR()", "singleLineText"],
  ])("%s is %s", (text, expected) => {
    const result = resultOf(typed(text));
    expect(result.type === "number" ? `number ${result.options.precision}` : result.type).toBe(
      expected,
    );
  });

  test("of a rollup that gives an array is that of its elements", () => {
    expect(typed("ARRAYUNIQUE({Lookup of numbers})", "rollup").root.kind).toMatchObject({
      type: "array",
    });
    expect(resultOf(typed("ARRAYUNIQUE({Lookup of numbers})", "rollup"))).toEqual({
      type: "number",
      options: { precision: 1 },
    });
  });

  // Open point 9.8: whether formula fields can give arrays.
  test("of a formula field is never an array", () => {
    expect(typed("ARRAYUNIQUE({Lookup of numbers})").root.kind).toEqual({ type: "text" });
  });
});

describe("what a formula depends on", () => {
  test("fields, each once", () => {
    expect(typed("{A} + {B} + {A}").fieldIds).toEqual(["fldA", "fldB"]);
  });

  test("the clock", () => {
    expect(typed("{D} < TODAY()").volatile).toBe(true);
    expect(typed("FROMNOW({D})").volatile).toBe(true);
    expect(typed("DATETIME_PARSE({Name}, 'HH:mm')").volatile).toBe(true);
    expect(typed("DATETIME_PARSE({Name}, 'YYYY-MM-DD')").volatile).toBe(false);
    expect(typed("DATETIME_PARSE({Name})").volatile).toBe(false);
    expect(typed("DATEADD({D}, 1, 'day')").volatile).toBe(false);
  });

  test("the times of change of fields, or of all", () => {
    expect(typed("LAST_MODIFIED_TIME({Status}, {A})").lastModified).toEqual([
      ["fldStatus", "fldA"],
    ]);
    expect(typed("LAST_MODIFIED_TIME()").lastModified).toEqual([[]]);
  });
});

test("a typed tree can be written out", () => {
  expect(outlineOf(typed("IF({A}, LEFT({Name}, 2 - 3), 'x')").root)).toMatchObject({
    what: "IF",
    kind: "text",
    canFail: true,
    parts: [
      { what: "fill-false", parts: [{ parts: [{ what: "field", fieldId: "fldA" }] }] },
      { what: "LEFT", canFail: true, parts: [{ what: "fill" }, { what: "constant", value: -1 }] },
      { what: "constant", value: "x" },
    ],
  });
  const values = ["1/0", "ERROR()", "BLANK()", "TRUE()"];
  expect(values.map((text) => outlineOf(typed(text).root).value)).toEqual([
    "Infinity",
    "#ERROR!",
    null,
    1,
  ]);
});

describe("what can be known is known", () => {
  test("constants are computed when the formula is typed", () => {
    expect(typed("UPPER('a') & (1 + 2)").root).toMatchObject({ op: "constant", value: "A3" });
    expect(typed("IF(TRUE(), {A}, ERROR())").root).toMatchObject({ op: "field", id: "fldA" });
    expect(typed("DATEADD('2024-01-31', 1, 'month')").root).toMatchObject({ op: "constant" });
  });

  test("most formulas cannot fail", () => {
    expect(typed("IF({A} > 2, {Name} & LEFT({Size}, 2), {N} / {B} & '')").root.canFail).toBe(false);
    expect(typed("REGEX_MATCH({Name}, '^a')").root.canFail).toBe(false);
    expect(typed("LEFT({Name}, {A})").root.canFail).toBe(true);
    expect(typed("DATETIME_FORMAT({D}, 'M')").root.canFail).toBe(true);
    expect(typed("DATETIME_FORMAT(TODAY(), 'M')").root.canFail).toBe(false);
    expect(typed("REGEX_MATCH({Name}, {Size})").root.canFail).toBe(true);
  });
});

describe("what cannot work", () => {
  test.each([
    ["FOO(1) + BAR(2)", "Unknown function names: FOO, BAR"],
    ["{Nope} & {Never}", "Unknown field names: nope, never"],
    ["FOO({Nope})", "Unknown function names: FOO"],
    ["LEFT('a')", "Invalid arguments for function LEFT"],
    ["CONCATENATE()", "Invalid arguments for function CONCATENATE"],
    ["TODAY(1)", "Invalid arguments for function TODAY"],
    ["SWITCH(1, 2)", "Invalid arguments for function SWITCH"],
    ["LAST_MODIFIED_TIME(1)", "Invalid arguments for function LAST_MODIFIED_TIME"],
    ["IF(", "Invalid formula. Please check your formula text."],
    ["IFERROR(1, 2)", "Unknown function names: IFERROR"],
    ["constructor(1)", "Unknown function names: CONSTRUCTOR"],
    ["{__proto__}", "Unknown field names: __proto__"],
  ])("%s: %s", (text, message) => {
    const { formula, problems } = typeOf(parse(text), index);
    expect(formula).toBeNull();
    expect(messageOf(problems)).toBe(message);
  });

  test("is told with position and suggestion", () => {
    expect(typeOf(parse("1 + CONCATINATE('a')"), index).problems).toMatchObject([
      {
        code: "unknown-function",
        at: 4,
        end: 20,
        suggestion: "CONCATENATE",
        detail: "There is no function called CONCATINATE (character 5). Did you mean CONCATENATE?",
      },
    ]);
    expect(typeOf(parse("LEFT('a')"), index).problems[0]?.detail).toBe(
      "LEFT(text, count) cannot be called with 1 argument (character 1)",
    );
  });

  test("a formula that joins more texts than a database value holds", () => {
    const joined = Array.from({ length: 1200 }, () => "{Name}").join("&");
    expect(typeOf(parse(joined), index).problems).toMatchObject([{ code: "limit" }]);
  });
});
