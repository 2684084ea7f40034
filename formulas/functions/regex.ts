import sql, { type Sql } from "sql-template-tag";
import { knownRegex } from "../sql/regex.sql.ts";
import { constantText, toText } from "../types/convert.ts";
import { booleanKind, textKind, type Kind } from "../types/kinds.ts";
import { call, constant, type Operation } from "../types/typed.ts";
import { ERROR, type Inner } from "../values/inner.ts";
import {
  extracted,
  matches,
  patternOf,
  replacedMatches,
  type Replacing,
} from "../values/patterns.ts";
import { sqlCall, type FormulaFunction } from "./definition.ts";
import { example, failure } from "./example.ts";

/** A function of a text and a pattern, and maybe of more texts. */
function ofPattern(
  definition: Pick<FormulaFunction, "name" | "usage" | "examples"> & {
    readonly gives: Kind;
    /** A pattern that is known and valid leaves nothing that can fail. */
    readonly safeWhenKnown: boolean;
    readonly evaluate: (text: string, pattern: Replacing) => Inner | null;
    readonly known: (pattern: KnownRegex, given: readonly Sql[]) => Sql;
  },
): FormulaFunction {
  const { name, usage, examples, gives, safeWhenKnown } = definition;
  const count = usage.split(",").length;
  return {
    name,
    family: "regex",
    usage,
    examples,
    arity: [count, count],
    type: (given) => {
      const texts = given.map(toText);
      const pattern = constantText(texts[1]);
      const valid = pattern !== null && patternOf(pattern) !== null;
      if (pattern !== null && !valid) {
        return constant(ERROR, gives);
      }
      const translated = valid ? knownRegex(pattern) : null;
      const operation: Operation = {
        name,
        evaluate: ([value, source, replacement = ""]) =>
          definition.evaluate(value as string, {
            pattern: source as string,
            replacement: replacement as string,
            source: translated === null ? "cell" : "formula",
          }) ?? ERROR,
        sql:
          translated === null
            ? sqlCall(name.toLowerCase())
            : (values) => definition.known(translated, values),
        // PostgreSQL knows patterns of its own only; what cannot be translated beforehand is computed here.
        onlyHere: translated === null,
      };
      return call(operation, texts, { kind: gives, canFail: !(safeWhenKnown && valid) });
    },
  };
}

type KnownRegex = NonNullable<ReturnType<typeof knownRegex>>;

const none = sql`null`;

export const regexFunctions: readonly FormulaFunction[] = [
  ofPattern({
    name: "REGEX_MATCH",
    usage: "REGEX_MATCH(text, pattern)",
    gives: booleanKind,
    safeWhenKnown: true,
    evaluate: (text, { pattern, source }) => matches(text, pattern, source),
    known: (pattern, [value = none]) => pattern.match(value),
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
  ofPattern({
    name: "REGEX_EXTRACT",
    usage: "REGEX_EXTRACT(text, pattern)",
    gives: textKind,
    safeWhenKnown: false,
    evaluate: (text, { pattern, source }) => extracted(text, pattern, source),
    known: (pattern, [value = none]) => pattern.extract(value),
    examples: [
      example('REGEX_EXTRACT("Hello World", "W.*")', "World", "a"),
      example('REGEX_EXTRACT("order 4521 of 9", "\\d+")', "4521", "b"),
      example('REGEX_EXTRACT("order 4521 of 9", "\\\\d+")', "4521", "b"),
      example('REGEX_EXTRACT("k=v", "k=(.)")', "v", "c"),
      example('REGEX_EXTRACT("abc", "x")', failure, "b"),
    ],
  }),
  ofPattern({
    name: "REGEX_REPLACE",
    usage: "REGEX_REPLACE(text, pattern, replacement)",
    gives: textKind,
    safeWhenKnown: false,
    evaluate: replacedMatches,
    known: (pattern, [value = none, , replacement = none]) => pattern.replace(value, replacement),
    examples: [
      example('REGEX_REPLACE("Hello World", " W.*", "")', "Hello", "a"),
      example('REGEX_REPLACE("+1 (555) 010", "\\D", "")', "1555010", "b"),
      example('REGEX_REPLACE("Doe, Jane", "(\\w+), (\\w+)", "$2 $1")', "Jane Doe", "b"),
      example('REGEX_REPLACE("5", "5", "$$1")', "$1", "b"),
    ],
  }),
];
