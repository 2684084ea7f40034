import { expect, test } from "vitest";
import { extracted, matches, patternFault, replacedMatches } from "./patterns.ts";

const EXPLODING = [
  "(a+)+$",
  "(a|aa)+$",
  "(a|a?)+$",
  "(.*a){20}b",
  "(x+x+)+y",
  "^(([a-z])+.)+[A-Z]([a-z])+$",
];

test("patterns that explode elsewhere are answered, or refused for what they could cost", () => {
  const text = `${"a".repeat(50_000)}!`;
  for (const pattern of EXPLODING) {
    expect([false, true, null]).toContain(matches(text, pattern, "cell"));
    expect(matches("aaaa!", pattern, "cell")).toBe(matches("aaaa!", pattern, "formula"));
    expect(() => extracted(text, pattern, "cell")).not.toThrow();
  }
  expect(matches(text, "(a+)+$", "cell")).toBe(false);
});

test("a pattern that stands in a cell is bounded in length, in size and in what all its matches may cost", () => {
  const text = "a".repeat(20_000);
  const replacing = { pattern: "a*b|a", replacement: "-", source: "cell" } as const;
  expect(replacedMatches(text, replacing)).toBeNull();
  expect(replacedMatches("a".repeat(200), replacing)).toBe("-".repeat(200));
  expect(matches("a".repeat(100_000), "(a?){300}a{300}$", "cell")).toBeNull();
  expect(matches("a", "a".repeat(10_001), "cell")).toBeNull();
  expect(matches("a".repeat(10_001), "a".repeat(10_001), "formula")).toBe(true);
  for (const pattern of ["(", "((a{100}){100}){100}", "(a)\\1", "(?=a)", "(".repeat(5_000)]) {
    expect(matches("a", pattern, "cell")).toBeNull();
  }
  const words = "word ".repeat(15_000);
  for (const pattern of ["\\s+", " ", "[ x]", "\\W"]) {
    expect(replacedMatches(words, { ...replacing, pattern })).toBe("word-".repeat(15_000));
  }
  expect(replacedMatches(words.slice(0, 5_000), { ...replacing, pattern: "( )" })).toBe(
    "word-".repeat(1_000),
  );
});

test("why a pattern gives nothing can be told", () => {
  expect(patternFault("a", "(")).toBe("The pattern is no regular expression.");
  expect(patternFault("a", "a".repeat(10_001))).toContain("10000 characters");
  expect(patternFault("a".repeat(100_000), "(a?){300}a{300}$")).toContain("too large");
  expect(patternFault("a", "b")).toBeUndefined();
});
