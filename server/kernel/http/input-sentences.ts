import type { z } from "zod";

/** Choices that a sentence lists before it stops. */
const CHOICES_MAX = 30;

type RawIssue = Parameters<z.core.$ZodErrorMap>[0];

/**
 * What is wrong with one input, as the rest of a sentence that begins with its name: "is required", "must be a text".
 * Given to zod as the error map of one parse: a schema's own message goes before it.
 */
export function sentenceOf(issue: RawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined
        ? "is required"
        : `must be ${typeNames[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `must be ${oneOf(issue.values)}`;
    case "too_small":
      return `must ${bound(issue.origin, "at least", issue.minimum)}`;
    case "too_big":
      return `must ${bound(issue.origin, "at most", issue.maximum)}`;
    case "unrecognized_keys":
      return "is not known here";
    case "invalid_format":
      return `must be ${formatNames[issue.format] ?? `a ${issue.format}`}`;
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    case "invalid_union":
      return Array.isArray(issue["options"])
        ? `must be ${oneOf(issue["options"])}`
        : shapeless(issue);
    default:
      return shapeless(issue);
  }
}

function shapeless(issue: RawIssue): string {
  return issue.input === undefined ? "is required" : "has not the expected shape";
}

/** The inputs that were refused, each by its path ("" for the whole) with the rule that it breaks; at most so many. */
export function wrongInputs({ issues }: z.ZodError, inputsMax: number): [string, string][] {
  return issues
    .slice(0, inputsMax)
    .flatMap(({ path, message, ...issue }) => {
      const paths =
        issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...path, key]) : [path];
      return paths.map((parts): [string, string] => [parts.map(String).join("."), message]);
    })
    .slice(0, inputsMax);
}

const typeNames: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
  null: "null",
};

const formatNames: Readonly<Record<string, string>> = {
  datetime: "a date and time such as 2026-01-31T09:00:00Z",
  date: "a date such as 2026-01-31",
  url: "a URL",
  email: "an e-mail address",
  regex: "of the expected form",
};

function oneOf(values: readonly unknown[]): string {
  const shown = values
    .slice(0, CHOICES_MAX)
    .map((value) => (typeof value === "string" ? value : (JSON.stringify(value) ?? String(value))));
  const list = shown.join(", ") + (values.length > shown.length ? ", …" : "");
  return values.length === 1 ? list : `one of ${list}`;
}

function bound(origin: string, which: "at least" | "at most", limit: number | bigint): string {
  const plural = Number(limit) === 1 ? "" : "s";
  if (origin === "string") {
    return Number(limit) === 1 && which === "at least"
      ? "not be empty"
      : `have ${which} ${limit} character${plural}`;
  }
  if (origin === "array" || origin === "set") {
    return Number(limit) === 1 && which === "at least"
      ? "not be empty"
      : `have ${which} ${limit} item${plural}`;
  }
  return `be ${which} ${limit}`;
}
