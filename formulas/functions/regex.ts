import { booleanKind, textKind } from "../types/kinds.ts";
import { constantText } from "../types/convert.ts";
import type { Typed } from "../types/typed.ts";
import { ERROR } from "../values/inner.ts";
import { extracted, matches, patternOf, replacedMatches } from "../values/patterns.ts";
import { always, plain, type FormulaFunction } from "./definition.ts";
import { example, failure } from "./example.ts";

const text = { as: "text" } as const;

/** True unless the pattern is known and is one. */
function badPattern([, pattern]: readonly Typed[]): boolean {
  const known = constantText(pattern);
  return known === null || patternOf(known) === null;
}

export const regexFunctions: readonly FormulaFunction[] = [
  plain({
    name: "REGEX_MATCH",
    family: "regex",
    usage: "REGEX_MATCH(text, pattern)",
    takes: [text, text],
    gives: booleanKind,
    canFail: badPattern,
    evaluate: ([value, pattern]) => matches(value as string, pattern as string) ?? ERROR,
    examples: [
      example('REGEX_MATCH("Hello World", "Hello.World")', 1, "a"),
      example('REGEX_MATCH("abc", "^b")', 0, "a"),
      example('REGEX_MATCH("ABC", "(?i)b")', 1, "b"),
      example('REGEX_MATCH("abc", "(")', failure, "c"),
      example('REGEX_MATCH("aa", "(a)\\1")', failure, "a"),
      example('REGEX_MATCH({Name}, "^$")', 1, "c"),
      example('REGEX_MATCH("é", "^\\pL$")', 1, "a"),
    ],
  }),
  plain({
    name: "REGEX_EXTRACT",
    family: "regex",
    usage: "REGEX_EXTRACT(text, pattern)",
    takes: [text, text],
    gives: textKind,
    canFail: always,
    evaluate: ([value, pattern]) => extracted(value as string, pattern as string) ?? ERROR,
    examples: [
      example('REGEX_EXTRACT("Hello World", "W.*")', "World", "a"),
      example('REGEX_EXTRACT("order 4521 of 9", "\\d+")', "4521", "b"),
      example('REGEX_EXTRACT("order 4521 of 9", "\\\\d+")', "4521", "b"),
      example('REGEX_EXTRACT("k=v", "k=(.)")', "v", "c"),
      example('REGEX_EXTRACT("abc", "x")', failure, "b"),
    ],
  }),
  plain({
    name: "REGEX_REPLACE",
    family: "regex",
    usage: "REGEX_REPLACE(text, pattern, replacement)",
    takes: [text, text, text],
    gives: textKind,
    canFail: always,
    evaluate: ([value, pattern, replacement]) =>
      replacedMatches(value as string, pattern as string, replacement as string) ?? ERROR,
    examples: [
      example('REGEX_REPLACE("Hello World", " W.*", "")', "Hello", "a"),
      example('REGEX_REPLACE("+1 (555) 010", "\\D", "")', "1555010", "b"),
      example('REGEX_REPLACE("Doe, Jane", "(\\w+), (\\w+)", "$2 $1")', "Jane Doe", "b"),
      example('REGEX_REPLACE("5", "5", "$$1")', "$1", "b"),
    ],
  }),
];
