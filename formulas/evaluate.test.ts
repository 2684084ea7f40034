import { describe, expect, test } from "vitest";
import { evaluate, holds, type FormulaRecord } from "./evaluate.ts";
import { caseOf } from "./functions/example-case.ts";
import { allFunctions } from "./functions/registry.ts";
import { exampleRun } from "./functions/example.ts";
import { fieldIndex } from "./language/names.ts";
import { parse } from "./language/parse.ts";
import { printText } from "./language/tree.ts";
import { typeOf, type FormulaField, type Purpose } from "./types/type-of.ts";
import { errorValue, type Value } from "./values/value.ts";

const { fields } = caseOf({ formula: "", expected: null, mark: "a", record: {} });
const failing: FormulaField = {
  id: "fldBroken",
  name: "Broken",
  kind: { type: "text" },
  canFail: true,
};
const index = fieldIndex([...fields, failing]);
const run = { ...exampleRun, lastModified: () => null };

function valueOf(text: string, record: FormulaRecord = {}, purpose: Purpose = "field"): Value {
  const { formula, problems } = typeOf(parse(text), index, purpose);
  if (formula === null) {
    throw new Error(problems[0]?.detail);
  }
  return evaluate(formula, record, run);
}

function keeps(text: string, record: FormulaRecord = {}): boolean {
  const { formula } = typeOf(parse(text), index, "condition");
  return formula !== null && holds(formula, record, run);
}

describe("errors", () => {
  const broken = { fldBroken: errorValue };

  test("pass through every function and operator", () => {
    for (const text of [
      "{Broken} & 'x'",
      "LEN({Broken})",
      "{Broken} = 1",
      "-{Broken}",
      "COUNTALL({Broken})",
      "SUM(1, {Broken})",
      "T({Broken})",
      "NOT({Broken})",
      "SWITCH({Broken}, 'a', 1, 2)",
      "ARRAYJOIN({Broken})",
    ]) {
      expect([text, valueOf(text, broken)]).toEqual([text, errorValue]);
    }
  });

  test("stop at branches that are not taken and at ISERROR", () => {
    expect(valueOf("IF({A}, {Broken}, 'fine')", broken)).toBe("fine");
    expect(valueOf("SWITCH({A}, 1, {Broken}, 'fine')", broken)).toBe("fine");
    expect(valueOf("ISERROR({Broken})", broken)).toBe(1);
    expect(valueOf("ISERROR(IF({A}, 1, {Broken}))", broken)).toBe(1);
    expect(valueOf("ISERROR(IF({Broken}, 1, 'x'))", broken)).toBe(1);
    expect(valueOf("ISERROR(IF({A}, 'x', 1/0))")).toBe(1);
  });

  test("every function gives an error, or a value, when all its arguments are errors, blank, or of the wrong kind", () => {
    for (const { name, arity } of allFunctions.filter((one) => one.name !== "LAST_MODIFIED_TIME")) {
      for (const argument of [
        "{Broken}",
        "BLANK()",
        "{Blank}",
        "{Name}",
        "{Attachments}",
        "1/0",
        "0/0",
        "{No Date}",
        "TRUE()",
        '"☃"',
        "{D}",
      ]) {
        const given = Array.from({ length: arity[0] }, () => argument).join(", ");
        expect(() => valueOf(`${name}(${given})`, { fldBroken: errorValue })).not.toThrow();
      }
    }
  });
});

describe("conditions", () => {
  test.each([
    ["", false],
    ["0", false],
    ["{Name}", false],
    ["''", false],
    ["BLANK()", false],
    ["0/0", false],
    ["ERROR()", false],
    ["{Multi}", false],
    ["AND(1, ERROR())", false],
    ["1", true],
    ["TRUE()", true],
    ["'0'", true],
    ["1/0", true],
    ["{D}", true],
    ["NOT({A})", true],
  ])("%s keeps a record: %s", (text, expected) => {
    expect(keeps(text, { fldD: { date: 0, dateOnly: true } })).toBe(expected);
  });
});

describe("what people type into formulas that is meant for something else", () => {
  test("SQL stays text", () => {
    const attack = "'); drop table x; --";
    expect(valueOf(`${printText(attack)} & {Name}`, { fldName: attack })).toBe(attack + attack);
    expect(
      valueOf(`DATEADD({D}, 1, ${printText("day') , pg_sleep(5)--")})`, {
        fldD: { date: 0, dateOnly: true },
      }),
    ).toEqual(errorValue);
  });

  test("patterns that explode elsewhere take linear time or are refused", () => {
    const text = "a".repeat(50_000);
    expect(valueOf('REGEX_MATCH({Name}, "^(a+)+$")', { fldName: `${text}!` })).toBe(0);
    expect(valueOf('REGEX_MATCH({Name}, "(a|a)*b")', { fldName: text })).toBe(0);
    expect(valueOf('REGEX_MATCH({Name}, "((a{1000}){1000}){1000}")', { fldName: text })).toEqual(
      errorValue,
    );
    expect(valueOf('REGEX_MATCH({Name}, "(?=a)")')).toEqual(errorValue);
  });

  test("texts cannot be grown without end", () => {
    expect(valueOf("REPT(REPT('x', 50000), 50000)")).toEqual(errorValue);
    expect(valueOf("SUBSTITUTE({Name}, 'a', {Name})", { fldName: "a".repeat(60_000) })).toEqual(
      errorValue,
    );
    expect(valueOf("REGEX_REPLACE({Name}, 'a', {Name})", { fldName: "a".repeat(60_000) })).toEqual(
      errorValue,
    );
    expect(valueOf("LEN(REPT('x', 90000) & REPT('x', 90000))")).toEqual(errorValue);
  });
});

describe("dates at the edges", () => {
  test.each([
    ["YEAR('0001-01-01')", 1],
    ["YEAR('0000-01-01')", errorValue],
    ["YEAR('9999-12-31')", 9999],
    ["YEAR('10000-01-01')", errorValue],
    ["YEAR(DATEADD('9999-12-31', 1, 'day'))", errorValue],
    ["YEAR(DATEADD('0001-01-01', -1, 'ms'))", errorValue],
    ["DATESTR(DATEADD('2023-03-31', -1, 'M'))", "2023-02-28"],
    ["DAY('2024-02-30')", errorValue],
    ["DATETIME_DIFF('9999-12-31', '0001-01-01', 'years')", 9998],
    ["DATETIME_FORMAT('0099-05-01', 'YYYY')", "0099"],
    ["WORKDAY('2024-01-01', 10000000)", errorValue],
    [
      "DATETIME_FORMAT(SET_TIMEZONE('2024-03-10T06:59:59Z', 'America/New_York'), 'HH:mm Z')",
      "01:59 -05:00",
    ],
    [
      "DATETIME_FORMAT(SET_TIMEZONE('2024-03-10T07:00:00Z', 'America/New_York'), 'HH:mm Z')",
      "03:00 -04:00",
    ],
  ])("%s", (text, expected) => {
    expect(valueOf(text)).toEqual(expected);
  });
});

test("what does not fit a field's kind is blank", () => {
  expect(valueOf("{A} & ''", { fldA: "text" })).toBe("");
  expect(valueOf("{D} = BLANK()", { fldD: 5 })).toBe(1);
  expect(valueOf("COUNTALL({Multi})", { fldMulti: [["a", ["b"]], "c"] })).toBe(3);
  expect(valueOf("{Multi}", { fldMulti: ["a", errorValue] })).toEqual(errorValue);
});
