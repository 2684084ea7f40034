import sql, { raw, type Sql } from "sql-template-tag";
import { TEXT_RESULT_MAX_CHARACTERS } from "../language/limits.ts";
import { constantNumber, distributed, textOrBlank, toNumber, toText } from "../types/convert.ts";
import { joinOperation } from "../types/array-operations.ts";
import { countKind, numberKind, textKind } from "../types/kinds.ts";
import { blank, call, type Operation, type Typed } from "../types/typed.ts";
import { ERROR, type Inner } from "../values/inner.ts";
import { numberWithin } from "../values/numbers.ts";
import { cut, urlComponent } from "../values/texts.ts";
import { always, plain, type FormulaFunction } from "./definition.ts";
import { findFunctions } from "./find.ts";
import { example, failure } from "./example.ts";
import { concatenation } from "./operators.ts";
import { limited, substituteFunction } from "./substitute.ts";
import { isAscii, isNarrow, lengthSql } from "./units.sql.ts";

const text = { as: "text" } as const;
const number = { as: "number" } as const;

/** True unless the argument is a number that is known and at least the least one. */
function below(least: number): (argument: Typed | undefined) => boolean {
  return (argument) => !((constantNumber(argument) ?? Number.NaN) >= least);
}

const none = sql`null`;

/** True for a count that PostgreSQL takes as an integer. */
function countable(count: Sql): Sql {
  return sql`${count} between 0 and 1e9`;
}

/** What a text of ASCII ends in when there is something to trim there. */
const ENDING_IN_SPACE = raw(String.raw`array['% ', E'%\t', E'%\n', E'%\x0B', E'%\f', E'%\r']`);

/** Values of a rollup are joined without anything between them, other arrays with a comma. */
function concatenated(argument: Typed): Typed {
  const { kind } = argument;
  return kind.type === "array" && kind.source === "values"
    ? toText(call(joinOperation(kind, ""), [argument], { kind: textKind }))
    : toText(argument);
}

/** A text as it is, anything else as blank. */
function textOnly(argument: Typed): Typed {
  const { kind } = argument;
  if (kind.type === "mixed") {
    return distributed(argument, textKind, textOnly);
  }
  const isText = kind.type === "text" || (kind.type === "array" && kind.of.type === "text");
  if (isText) {
    return textOrBlank(argument);
  }
  return argument.canFail
    ? call(noText, [argument], { kind: textKind, canBeBlank: true })
    : blank(textKind);
}

const noText: Operation = {
  name: "no-text",
  takesBlank: true,
  evaluate: () => null,
  sql: () => sql`null::text`,
};

export const textFunctions: readonly FormulaFunction[] = [
  {
    name: "CONCATENATE",
    family: "text",
    usage: "CONCATENATE(text, …)",
    arity: [1, Infinity],
    type: (given) => concatenation(given.map(concatenated)),
    examples: [
      example('CONCATENATE("a", 1, "b")', "a1b", "a"),
      example('"Total: " & 12.50', "Total: 12.5", "a"),
      example('"x" & BLANK() & "y"', "xy", "a"),
      example("CONCATENATE(values)", "ab", { mark: "b", record: { values: ["a", "b"] } }),
      example("CONCATENATE({Multi})", "A, B", { mark: "b", record: { Multi: ["A", "B"] } }),
      example('0.1 + 0.2 & ""', "0.30000000000000004", "b"),
      example('{DT} & ""', "2024-03-05T09:07:03.045Z", "a"),
      example('{D} & ""', "2024-03-05T00:00:00.000Z", "a"),
      example('{N} & ""', "0", { mark: "b", record: { N: 0 } }),
      example('{N} & ""', null, { mark: "b", record: {} }),
      example('{Link} & ""', '"Smith, Ann", Bo', {
        mark: "b",
        record: { Link: ["Smith, Ann", "Bo"] },
      }),
    ],
  },
  plain({
    name: "ENCODE_URL_COMPONENT",
    family: "text",
    usage: "ENCODE_URL_COMPONENT(text)",
    takes: [text],
    gives: textKind,
    evaluate: ([value]) => urlComponent(value as string),
    examples: [
      example('ENCODE_URL_COMPONENT("a b&c")', "a%20b%26c", "a"),
      example('ENCODE_URL_COMPONENT("chicken & waffles")', "chicken%20%26%20waffles", "a"),
      example('ENCODE_URL_COMPONENT("ü")', "%C3%BC", "a"),
      example('ENCODE_URL_COMPONENT("it\'s")', "it%27s", "a"),
    ],
  }),
  ...findFunctions,
  plain({
    name: "LEFT",
    family: "text",
    usage: "LEFT(text, count)",
    takes: [text, number],
    gives: textKind,
    canFail: ([, count]) => below(0)(count),
    inlined:
      () =>
      ([value = none, count = none]) =>
        sql`case when ${isNarrow(value)} and ${countable(count)} then left(${value}, trunc(${count})::int) else formula.left(${value}, ${count}) end`,
    evaluate: ([value, count]) =>
      (count as number) >= 0 ? cut(value as string, 0, Math.trunc(count as number)) : ERROR,
    examples: [
      example('LEFT("quarterly", 4)', "quar", "a"),
      example('LEFT("ab", 9)', "ab", "a"),
      example('LEFT("ab", 0)', "", "c"),
      example('LEFT("ab", -1)', failure, "c"),
    ],
  }),
  plain({
    name: "RIGHT",
    family: "text",
    usage: "RIGHT(text, count)",
    takes: [text, number],
    gives: textKind,
    canFail: ([, count]) => below(0)(count),
    inlined:
      () =>
      ([value = none, count = none]) =>
        sql`case when ${isNarrow(value)} and ${countable(count)} then right(${value}, trunc(${count})::int) else formula.right(${value}, ${count}) end`,
    evaluate: ([value, count]) => {
      const whole = value as string;
      return (count as number) >= 0
        ? cut(whole, Math.max(0, whole.length - Math.trunc(count as number)), whole.length)
        : ERROR;
    },
    examples: [
      example('RIGHT("quarterly", 2)', "ly", "a"),
      example('RIGHT("0000" & 42, 4)', "0042", "a"),
      example('RIGHT("ab", 0)', "", "c"),
    ],
  }),
  plain({
    name: "LEN",
    family: "text",
    usage: "LEN(text)",
    takes: [text],
    gives: countKind,
    inlined:
      () =>
      ([value = none]) =>
        lengthSql(value),
    evaluate: ([value]) => (value as string).length,
    examples: [
      example('LEN("quick brown fox")', 15, "a"),
      example('LEN("")', 0, "a"),
      example('LEN(" a ")', 3, "a"),
      example("LEN(12345)", 5, "c"),
      example("LEN(BLANK())", 0, "c"),
      example('LEN("👍")', 2, "c"),
    ],
  }),
  plain({
    name: "LOWER",
    family: "text",
    usage: "LOWER(text)",
    takes: [text],
    gives: textKind,
    evaluate: ([value]) => (value as string).toLowerCase(),
    examples: [example('LOWER("MiXeD 1")', "mixed 1", "a")],
  }),
  plain({
    name: "UPPER",
    family: "text",
    usage: "UPPER(text)",
    takes: [text],
    gives: textKind,
    evaluate: ([value]) => (value as string).toUpperCase(),
    examples: [
      example('UPPER("straße")', "STRASSE", "c"),
      example('UPPER("hello!")', "HELLO!", "a"),
    ],
  }),
  plain({
    name: "MID",
    family: "text",
    usage: "MID(text, start, count)",
    takes: [text, number, number],
    gives: textKind,
    canFail: ([, start, count]) => below(1)(start) || below(0)(count),
    inlined:
      () =>
      ([value = none, start = none, count = none]) =>
        sql`case when ${isNarrow(value)} and ${start} between 1 and 1e9 and ${countable(count)} then substr(${value}, trunc(${start})::int, trunc(${count})::int) else formula.mid(${value}, ${start}, ${count}) end`,
    evaluate: ([value, start, count]) => {
      const from = Math.trunc(start as number) - 1;
      return from >= 0 && (count as number) >= 0
        ? cut(value as string, from, from + Math.trunc(count as number))
        : ERROR;
    },
    examples: [
      example('MID("airplane", 4, 3)', "pla", "a"),
      example('MID("airplane", 7, 10)', "ne", "a"),
      example('MID("airplane", 30, 2)', "", "b"),
      example('MID("airplane", 0, 2)', failure, "c"),
    ],
  }),
  plain({
    name: "REPLACE",
    family: "text",
    usage: "REPLACE(text, start, count, replacement)",
    takes: [text, number, number, text],
    gives: textKind,
    canFail: always,
    evaluate: ([value, start, count, replacement]) =>
      replacedPart(value as string, {
        from: Math.trunc(start as number) - 1,
        count: count as number,
        replacement: replacement as string,
      }),
    examples: [
      example('REPLACE("database", 1, 4, "code")', "codebase", "a"),
      example('REPLACE("abc", 2, 0, "-")', "a-bc", "b"),
      example('REPLACE("abc", 3, 50, "!")', "ab!", "b"),
      example('REPLACE("abc", 9, 1, "!")', "abc!", "c"),
    ],
  }),
  plain({
    name: "REPT",
    family: "text",
    usage: "REPT(text, count)",
    takes: [text, number],
    gives: textKind,
    canFail: always,
    evaluate: ([value, count]) => repeated(value as string, Math.trunc(count as number)),
    examples: [
      example('REPT("ha", 3)', "hahaha", "a"),
      example('REPT("★", {Rating})', "★★", { mark: "a", record: { Rating: 2 } }),
      example('REPT("x", 0)', "", "a"),
      example('REPT("x", -3)', "", "c"),
      example('REPT("x", 100001)', failure, "c"),
    ],
  }),
  substituteFunction,
  {
    name: "T",
    family: "text",
    usage: "T(value)",
    arity: [1, 1],
    type: ([value = blank()]) => textOnly(value),
    examples: [
      example('T("note")', "note", "a"),
      example("T(5)", null, "a"),
      example('T("5")', "5", "a"),
      example("T(TODAY())", null, "c"),
    ],
  },
  plain({
    name: "TRIM",
    family: "text",
    usage: "TRIM(text)",
    takes: [text],
    gives: textKind,
    inlined:
      () =>
      ([value = none]) =>
        sql`case when ${isAscii(value)} and ascii(${value}) > 32 and ${value} not like all (${ENDING_IN_SPACE}) then ${value} else formula.trim(${value}) end`,
    evaluate: ([value]) => (value as string).trim(),
    examples: [
      example('TRIM("  two  words ")', "two  words", "b"),
      example('TRIM(" x")', "x", "a"),
    ],
  }),
  {
    name: "VALUE",
    family: "text",
    usage: "VALUE(text)",
    arity: [1, 1],
    type: ([value = blank()]) => valueOf(value),
    examples: [
      example('VALUE("$10000")', 10_000, "a"),
      example('VALUE("1,234.5")', 1234.5, "b"),
      example('VALUE("A1B2")', 12, "b"),
      example('VALUE("50%")', 50, "c"),
      example("VALUE({Name})", null, "c"),
      example('VALUE("none")', Number.NaN, "c"),
      example("VALUE(7)", 7, "c"),
    ],
  },
];

/** Behind the end it appends. Open point 9.3. */
function replacedPart(
  value: string,
  { from, count, replacement }: { from: number; count: number; replacement: string },
): Inner {
  return from >= 0 && count >= 0
    ? limited(
        `${value.slice(0, from)}${replacement}${value.slice(from + Math.trunc(count))}`.toWellFormed(),
      )
    : ERROR;
}

function repeated(value: string, count: number): Inner {
  if (Number.isNaN(count)) {
    return ERROR;
  }
  if (value === "" || count <= 0) {
    return "";
  }
  return value.length * count > TEXT_RESULT_MAX_CHARACTERS ? ERROR : value.repeat(count);
}

function valueOf(value: Typed): Typed {
  switch (value.kind.type) {
    case "mixed":
      return distributed(value, numberKind(8), valueOf);
    case "number":
      return value;
    case "boolean":
      return toNumber(value);
    default:
      return call(numberOfText, [textOrBlank(value)], { kind: numberKind(8) });
  }
}

const numberOfText: Operation = {
  name: "VALUE",
  repeats: true,
  evaluate: ([value]) => numberWithin(value as string),
  sql: ([value]) =>
    sql`case when ${value} !~ '[0-9]' then 'NaN'::float8 else formula.value(${value}) end`,
};
