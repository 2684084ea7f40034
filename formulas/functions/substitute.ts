import sql, { raw } from "sql-template-tag";
import { TEXT_RESULT_MAX_CHARACTERS } from "../language/limits.ts";
import { constantText, toNumber, toText } from "../types/convert.ts";
import { textKind } from "../types/kinds.ts";
import { blank, call, type Operation, type Typed } from "../types/typed.ts";
import { ERROR, type Inner } from "../values/inner.ts";
import { substituted } from "../values/texts.ts";
import { sqlCall, type FormulaFunction } from "./definition.ts";
import { example } from "./example.ts";

/** SUBSTITUTE. */
export const substituteFunction: FormulaFunction = {
  name: "SUBSTITUTE",
  family: "text",
  usage: "SUBSTITUTE(text, old, new, [occurrence])",
  arity: [3, 4],
  type: ([whole, old, replacement, occurrence]) =>
    substitutionCall(
      [whole, old, replacement].map((one) => toText(one ?? blank())),
      occurrence,
    ),
  examples: [
    example('SUBSTITUTE("a-b-c", "-", "/")', "a/b/c", "a"),
    example('SUBSTITUTE("a-b-c", "-", "/", 2)', "a-b/c", "a"),
    example('SUBSTITUTE("gold mold", "old", "et")', "get met", "a"),
    example('SUBSTITUTE("abc", "B", "x")', "abc", "a"),
    example('SUBSTITUTE("abc", "", "x")', "abc", "c"),
  ],
};

/** A text that a function has built, or an error when it is longer than a text may be. */
export function limited(result: string): Inner {
  return result.length > TEXT_RESULT_MAX_CHARACTERS ? ERROR : result;
}

/** All occurrences of a text that is known, by another, in a text that is short enough whatever it holds, is what is usual. */
function substitutionCall(texts: readonly Typed[], occurrence: Typed | undefined): Typed {
  const result = { kind: textKind, canFail: true };
  const [, old, replacement] = texts.map(constantText);
  if (occurrence !== undefined) {
    return call(substitution, [...texts, toNumber(occurrence)], result);
  }
  if (typeof old !== "string" || old === "" || typeof replacement !== "string") {
    return call(substitution, texts, result);
  }
  const growth = Math.max(1, bytesOf(replacement) / bytesOf(old));
  const short = raw(String(Math.floor(TEXT_RESULT_MAX_CHARACTERS / growth)));
  const direct: Operation["sql"] = (given, context) =>
    sql`case when octet_length(${given[0]}) <= ${short} then replace(${given[0]}, ${given[1]}, ${given[2]}) else ${substitution.sql(given, context)} end`;
  return call({ ...substitution, repeats: true, sql: direct }, texts, result);
}

function bytesOf(value: string): number {
  return new TextEncoder().encode(value).length;
}

const substitution: Operation = {
  name: "SUBSTITUTE",
  evaluate: ([value, old, replacement, occurrence = null]) => {
    const whole = value as string;
    const change = {
      old: old as string,
      with: replacement as string,
      occurrence: occurrence as number | null,
    };
    return substitutedLength(whole, change) > TEXT_RESULT_MAX_CHARACTERS
      ? ERROR
      : limited(substituted(whole, change).toWellFormed());
  },
  sql: sqlCall("substitute"),
};

/** Counted before anything is built: a million letters replaced by a long text would fill memory. */
function substitutedLength(
  whole: string,
  change: { readonly old: string; readonly with: string; readonly occurrence: number | null },
): number {
  const growth = change.with.length - change.old.length;
  return change.old === "" || change.occurrence !== null || growth <= 0
    ? 0
    : whole.length + growth * (whole.split(change.old).length - 1);
}
