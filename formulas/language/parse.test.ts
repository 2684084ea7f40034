import { describe, expect, test } from "vitest";
import { parse } from "./parse.ts";
import { printTree } from "./tree.ts";

function printed(text: string): string {
  const { tree, problems } = parse(text);
  return tree === null ? `! ${problems[0]?.detail}` : printTree(tree);
}

describe("the grammar", () => {
  test.each([
    ["1+2*3", "1 + 2 * 3"],
    ["(1+2)*3", "(1 + 2) * 3"],
    ["1-2-3", "1 - 2 - 3"],
    ["1-(2-3)", "1 - (2 - 3)"],
    ["-2*3", "-2 * 3"],
    ["- -2", "--2"],
    ["-(1+2)", "-(1 + 2)"],
    ["1+1&'x'='2x'", '1 + 1 & "x" = "2x"'],
    ["1=2=0", "1 = 2 = 0"],
    ["a < b", "{a} < {b}"],
    ["a!=b", "{a} != {b}"],
    [" sum (1 ,\t2 )\r\n", "SUM(1, 2)"],
    ["NOW", "NOW()"],
    ["today()", "TODAY()"],
    [".5 + 0.25", "0.5 + 0.25"],
    ["Straße", "{Straße}"],
    ["{A } b}", "! } is not part of the language (character 7)"],
    [String.raw`{a\}b\\c}`, String.raw`{a\}b\\c}`],
    ["{a{b}", "{a{b}"],
    [String.raw`"\d+\"\\"`, String.raw`"\\d+\"\\"`],
    [String.raw`'it\'s "so"'`, String.raw`"it's \"so\""`],
    ['"a\nb"', String.raw`"a\nb"`],
    ["1\u00a0+ 1", "1 + 1"],
  ])("%s → %s", (text, expected) => {
    expect(printed(text)).toBe(expected);
  });
});

describe("what is no formula", () => {
  test.each([
    ["", "The formula ends too early (character 1)"],
    ["   ", "The formula ends too early (character 4)"],
    ["=1", "= does not belong here (character 1)"],
    ["1 +", "The formula ends too early (character 4)"],
    ["1 2", "2 does not belong here (character 3)"],
    ["'abc", "The text that starts here is never closed with ' (character 1)"],
    ["{abc", "The field name that starts here is never closed with } (character 1)"],
    ["{}", "The braces name no field (character 1)"],
    ["IF(a,,b)", "A value is missing before , (character 6)"],
    ["IF(a,)", "A value is missing before ) (character 6)"],
    ["IF(a", "The parenthesis of IF is never closed (character 5)"],
    ["IF(a b)", "b does not belong here: a , or ) is missing (character 6)"],
    ["(1", "A parenthesis is never closed (character 3)"],
    ["1)", ") does not belong here (character 2)"],
    ["a == b", "Write = to compare; == is not part of the language (character 3)"],
    ["a <> b", "Write != for not equal; <> is not part of the language (character 3)"],
    ["a && b", "Write AND(…, …); && is not part of the language (character 3)"],
    ["a || b", "Write OR(…, …); || is not part of the language (character 3)"],
    ["!a", "Write NOT(…), or != for not equal; ! is not part of the language (character 1)"],
    [
      "5 % 2",
      "Write MOD(number, divisor), or divide by 100; % is not part of the language (character 3)",
    ],
    ["2 ^ 3", "Write POWER(base, exponent); ^ is not part of the language (character 3)"],
    ["2 ** 3", "Write POWER(base, exponent); ** is not part of the language (character 3)"],
    ["1 // no", "Formulas have no comments; // is not part of the language (character 3)"],
    ["1 /* no */", "Formulas have no comments; /* is not part of the language (character 3)"],
    ["“a”", 'Write straight quotes: "; “ is not part of the language (character 1)'],
    ["1e5", "A number is followed by something that does not belong to it (character 2)"],
    ["1.2.3", "A number is followed by something that does not belong to it (character 4)"],
    ["a;b", "Write , between arguments; ; is not part of the language (character 2)"],
    ["#", "# is not part of the language (character 1)"],
  ])("%s: %s", (text, detail) => {
    const { tree, problems } = parse(text);
    expect(tree).toBeNull();
    expect(problems).toMatchObject([
      { detail, message: "Invalid formula. Please check your formula text." },
    ]);
  });

  test("says where", () => {
    expect(parse("LEFT(Name, 2) $ 3").problems).toMatchObject([{ at: 14, end: 15 }]);
  });
});

describe("limits", () => {
  const nested = (depth: number) => `${"(".repeat(depth)}1${")".repeat(depth)}`;

  test("two hundred levels are fine, ten thousand are a problem and no crash", () => {
    expect(parse(nested(200)).problems).toEqual([]);
    expect(parse(`${"IF(1,".repeat(200)}1${")".repeat(200)}`).problems).toEqual([]);
    for (const text of [
      nested(10_000),
      "(".repeat(10_000),
      "-".repeat(10_000),
      "NOT(".repeat(10_000),
      "1".padEnd(20_001, "=1"),
    ]) {
      expect(parse(text).problems).toMatchObject([{ code: "limit" }]);
    }
  });

  test("a hundred thousand characters are fine, one more is a problem", () => {
    expect(parse(`"${"x".repeat(99_998)}"`).problems).toEqual([]);
    expect(parse(`"${"x".repeat(99_999)}"`).problems).toMatchObject([{ code: "limit" }]);
  });

  test("long chains are no deep trees, but have their limit too", () => {
    expect(parse("1".padEnd(20_001, "+1")).problems).toEqual([]);
    expect(parse("1".padEnd(99_999, "+1")).problems).toMatchObject([{ code: "limit" }]);
    const ids = Array.from(
      { length: 2000 },
      (_, index) => `RECORD_ID()='rec${String(index).padStart(14, "0")}'`,
    );
    expect(parse(`OR(${ids.join(",")})`).problems).toEqual([]);
  });

  test("characters that no database can store are replaced", () => {
    expect(printed('"a\u0000b\ud800"')).toBe('"a\uFFFDb\uFFFD"');
  });
});
