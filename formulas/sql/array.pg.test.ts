import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testDatabase } from "../../server/kernel/testing/test-database.ts";
import {
  arrayKind,
  dateTimeKind,
  numberKind,
  textKind,
  type ArrayKind,
  type ElementKind,
} from "../types/kinds.ts";
import { numberText, textToNumber } from "../values/numbers.ts";
import { quotedInList } from "../values/texts.ts";
import { answers, installed, type SqlType } from "./testing/answers.ts";
import { evaluatorOf } from "./testing/evaluated.ts";

const database = testDatabase();
let client: pg.Client;
beforeAll(async () => {
  client = await installed(database.url);
});
afterAll(async () => client.end());

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 5, nil: null });
const number = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(0.1, 0.2, 1e308, -1e308, NaN, Infinity, -Infinity, 1e15, 5e-324),
);
const text = fc.constantFrom(
  "",
  " ",
  "a",
  "A",
  "b",
  "a, b",
  'say "x"',
  "\\",
  "{}",
  "NULL",
  "5",
  "é",
  "😀",
);
const date = fc.constantFrom(
  0,
  1,
  Date.parse("2024-03-05"),
  Date.parse("0001-01-01"),
  Date.parse("9999-12-31T23:59:59.999Z"),
);
const elements = {
  "float8[]": fc.array(maybe(number), { maxLength: 14 }),
  "text[]": fc.array(maybe(text), { maxLength: 6 }),
  "timestamptz[]": fc.array(maybe(date), { maxLength: 6 }),
};
type ArrayType = keyof typeof elements;
const kinds: Readonly<Record<ArrayType, ElementKind>> = {
  "float8[]": numberKind(0),
  "text[]": textKind,
  "timestamptz[]": dateTimeKind,
};
const types: readonly ArrayType[] = ["float8[]", "text[]", "timestamptz[]"];
const kindOf = (type: ArrayType): ArrayKind => arrayKind(kinds[type], "values");

async function agrees(
  name: string,
  type: ArrayType,
  gives: SqlType,
  evaluate: (given: readonly unknown[]) => unknown,
): Promise<void> {
  const cases = fc
    .sample<readonly unknown[]>(elements[type] as fc.Arbitrary<readonly unknown[]>, 600)
    .map((one) => [one]);
  const got = await answers(client, { name: `formula.${name}`, takes: [type], gives }, cases);
  expect(got).toEqual(cases.map((one) => evaluate(one)));
}

describe.each(types)("arrays of %s", (type) => {
  test.each(["ARRAYCOMPACT", "ARRAYUNIQUE", "ARRAYFLATTEN"])("%s", async (name) => {
    await agrees(name.toLowerCase(), type, type, evaluatorOf(name, [kindOf(type)]));
  });

  test("ARRAYSLICE", async () => {
    const place = fc.oneof(
      fc.integer({ min: -8, max: 8 }),
      fc.constantFrom(NaN, Infinity, -Infinity, 1.9, -1.9, 1e18),
    );
    const cases = fc.sample(fc.tuple(elements[type], place, maybe(place)), 1500);
    const evaluate = evaluatorOf("ARRAYSLICE", [kindOf(type), numberKind(0), numberKind(0)]);
    const got = await answers(
      client,
      { name: "formula.arrayslice", takes: [type, "float8", "float8"], gives: type },
      cases,
    );
    expect(got).toEqual(cases.map((one) => evaluate(one)));
  });

  test("filled elements are counted", async () => {
    await agrees(
      "count_filled",
      type,
      "float8",
      ([all]) => (all as unknown[]).filter((one) => one !== null && one !== "").length,
    );
  });

  test("AND, OR and XOR over the elements", async () => {
    const truth = (one: unknown) =>
      one !== null && (type === "timestamptz[]" || (one !== 0 && one !== ""));
    const judged =
      (judge: (truths: readonly boolean[]) => boolean) =>
      ([all]: readonly unknown[]) =>
        (all as unknown[]).some((one) => Number.isNaN(one))
          ? null
          : judge((all as unknown[]).map(truth));
    await agrees(
      "all_true",
      type,
      "boolean",
      judged((all) => all.every(Boolean)),
    );
    await agrees(
      "any_true",
      type,
      "boolean",
      judged((all) => all.some(Boolean)),
    );
    await agrees(
      "odd_true",
      type,
      "boolean",
      judged((all) => all.filter(Boolean).length % 2 === 1),
    );
  });
});

describe("numbers among values", () => {
  test.each(["SUM", "AVERAGE", "MIN", "MAX"])("%s", async (name) => {
    const evaluate = evaluatorOf(name, [kindOf("float8[]")]);
    await agrees(name.toLowerCase(), "float8[]", "float8", evaluate);
  });

  test.each(["MIN", "MAX"])("%s of dates", async (name) => {
    await agrees(
      name.toLowerCase(),
      "timestamptz[]",
      "timestamptz",
      evaluatorOf(name, [kindOf("timestamptz[]")]),
    );
  });

  test("a single element stands for its array", async () => {
    const sole = (all: unknown): readonly [boolean, unknown] => [
      (all as unknown[]).length > 1,
      (all as unknown[])[0] ?? null,
    ];
    await agrees("single_number", "float8[]", "float8", ([all]) =>
      sole(all)[0] ? NaN : (sole(all)[1] ?? 0),
    );
    await agrees("single_number", "text[]", "float8", ([all]) =>
      sole(all)[0] ? NaN : textToNumber((sole(all)[1] ?? "") as string),
    );
    await agrees("single_number", "timestamptz[]", "float8", ([all]) =>
      sole(all)[0] || sole(all)[1] !== null ? NaN : 0,
    );
    await agrees("single_date", "timestamptz[]", "timestamptz", ([all]) =>
      sole(all)[0] ? null : sole(all)[1],
    );
  });
});

test("elements are written as texts", async () => {
  const texts =
    <T>(write: (one: T) => string) =>
    ([all]: readonly unknown[]) =>
      (all as (T | null)[]).map((one) => (one === null ? null : write(one)));
  await agrees("number_texts", "float8[]", "text[]", texts(numberText));
  await agrees(
    "date_texts",
    "timestamptz[]",
    "text[]",
    texts((ms: number) => new Date(ms).toISOString()),
  );
  await agrees("quoted_texts", "text[]", "text[]", texts(quotedInList));
});
