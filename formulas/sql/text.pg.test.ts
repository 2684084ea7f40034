import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDatabase } from "../../server/kernel/testing/test-database.ts";
import { TEXT_RESULT_MAX_CHARACTERS } from "../language/limits.ts";
import { numberKind, textKind } from "../types/kinds.ts";
import { evaluatorOf } from "./testing/evaluated.ts";
import { answers, installed, type SqlType } from "./testing/answers.ts";

const database = testDatabase();
let client: pg.Client;
beforeAll(async () => {
  client = await installed(database.url);
});
afterAll(async () => client.end());

const simple = fc.oneof(
  fc.string({
    maxLength: 8,
    unit: fc.constantFrom(
      "a",
      "b",
      "A",
      "-",
      " ",
      "é",
      "😀",
      "👍",
      "\uFFFF",
      "\uFFFD",
      "İ",
      "ß",
      "Σ",
      "ς",
      "\t",
      "%",
      "'",
      "~",
    ),
  }),
  fc.constantFrom(
    "",
    "banana",
    "AN",
    "an",
    "a-b-c",
    "gold mold",
    "straße",
    "\uFEFF x\u3000",
    "naïve 東京 🗼",
    "x".repeat(300),
  ),
);
const anything = fc
  .string({ maxLength: 6, unit: "grapheme" })
  .map((text) => text.replaceAll("\0", ""));
/** Letters whose case has not changed since Unicode 9: PostgreSQL may be built with an older table than Node. */
const oldLetters = fc.string({
  maxLength: 8,
  unit: fc
    .oneof(fc.integer({ min: 0x20, max: 0x1_7f }), fc.integer({ min: 0x3_86, max: 0x5_29 }))
    .map((code) => String.fromCodePoint(code)),
});
const small = fc.oneof(
  fc.integer({ min: -3, max: 12 }),
  fc.constantFrom(
    NaN,
    Infinity,
    -Infinity,
    0,
    1,
    1.9,
    0.5,
    -0.5,
    2e9,
    1e18,
    1e300,
    99_999,
    100_001,
  ),
);

async function agrees(
  name: string,
  takes: readonly ("text" | "float8")[],
  gives: SqlType,
): Promise<void> {
  const text = /LOWER|UPPER|SEARCH/.test(name)
    ? fc.oneof(simple, oldLetters)
    : fc.oneof(simple, anything);
  const arbitraries = { text, float8: small } as const;
  const cases = fc.sample(
    fc.tuple(...takes.map((type): fc.Arbitrary<unknown> => arbitraries[type])),
    2500,
  );
  const evaluate = evaluatorOf(
    name,
    takes.map((type) => (type === "text" ? textKind : numberKind(0))),
  );
  const given = await answers(
    client,
    { name: `formula.${name.toLowerCase()}`, takes, gives },
    cases,
  );
  const wrong = cases.flatMap((one, index) => {
    const expected = evaluate(one);
    return Object.is(given[index], expected) ? [] : [{ one, expected, actual: given[index] }];
  });
  expect(wrong.slice(0, 5)).toEqual([]);
}

test.each<[string, readonly ("text" | "float8")[], SqlType]>([
  ["LEN", ["text"], "float8"],
  ["LOWER", ["text"], "text"],
  ["UPPER", ["text"], "text"],
  ["TRIM", ["text"], "text"],
  ["LEFT", ["text", "float8"], "text"],
  ["RIGHT", ["text", "float8"], "text"],
  ["MID", ["text", "float8", "float8"], "text"],
  ["REPLACE", ["text", "float8", "float8", "text"], "text"],
  ["REPT", ["text", "float8"], "text"],
  ["FIND", ["text", "text", "float8"], "float8"],
  ["SEARCH", ["text", "text", "float8"], "float8"],
  ["SUBSTITUTE", ["text", "text", "text"], "text"],
  ["SUBSTITUTE", ["text", "text", "text", "float8"], "text"],
  ["ENCODE_URL_COMPONENT", ["text"], "text"],
])("%s of generated texts is what the evaluator gives", agrees);

test("every needle is found at every place", async () => {
  const cases = fc.sample(
    fc.tuple(
      fc.string({ maxLength: 3, unit: fc.constantFrom("a", "b", "😀") }),
      fc.string({ maxLength: 20, unit: fc.constantFrom("a", "b", "😀") }),
      fc.integer({ min: 0, max: 25 }),
    ),
    3000,
  );
  const evaluate = evaluatorOf("FIND", [textKind, textKind, numberKind(0)]);
  const found = await answers(
    client,
    { name: "formula.find", takes: ["text", "text", "float8"], gives: "float8" },
    cases,
  );
  expect(found).toEqual(cases.map((one) => evaluate(one)));
});

test("white space is what JavaScript trims, and nothing else", async () => {
  const characters = Array.from({ length: 0x3100 }, (_, code) => code + 1)
    .concat([0xfe_ff, 0xff_fe])
    .filter((code) => code < 0xd8_00 || code > 0xdf_ff)
    .map((code) => [`${String.fromCodePoint(code)}x${String.fromCodePoint(code)}`]);
  const trimmed = await answers(
    client,
    { name: "formula.trim", takes: ["text"], gives: "text" },
    characters,
  );
  expect(trimmed).toEqual(characters.map(([text = ""]) => text.trim()));
});

test("texts at the limit are built and longer ones are errors", async () => {
  const max = TEXT_RESULT_MAX_CHARACTERS;
  const long = "a".repeat(max);
  expect(
    (
      await answers(client, { name: "formula.rept", takes: ["text", "float8"], gives: "text" }, [
        ["ab", max / 2],
        ["ab", max / 2 + 1],
        ["😀", max / 2],
        ["😀", max / 2 + 1],
        ["a", 1e300],
      ])
    ).map((text) => (text as string | null)?.length ?? null),
  ).toEqual([max, null, max, null, null]);
  expect(
    (
      await answers(
        client,
        { name: "formula.substitute", takes: ["text", "text", "text"], gives: "text" },
        [
          [long, "a", "b"],
          [long, "a", "bb"],
          [long, "a", "b".repeat(100_000)],
          [`${long}a`, "x", "y"],
          ["é".repeat(60_000), "é", "è"],
          ["a".repeat(50_000), "a", "bb"],
        ],
      )
    ).map((text) => (text as string | null)?.length ?? null),
  ).toEqual([max, null, null, null, 60_000, max]);
});

test("PostgreSQL orders texts by code point when it compares them for formulas", async () => {
  const order = await answers(
    client,
    { name: "formula.compare_texts", takes: ["text", "text"], gives: "float8" },
    [
      ["a", "B"],
      ["\uFFFD", "😀"],
      ["a", "a"],
      ["é", "f"],
    ],
  );
  expect(order.map(Number)).toEqual([1, -1, 0, 1]);
});

test("the case of letters does not depend on the tables that PostgreSQL was built with", async () => {
  // Georgian got its capitals in Unicode 11; a sigma is written in another way at the end of a word.
  const texts = ["ᲐᲑ", "აბ", "ΟΔΟΣ", "ΟΔΟΣ.", "ΣΑΣ ΣΑ", "straße", "İI", "ŉ", "ﬁ", "Ꙋ"];
  for (const [name, change] of [
    ["lower", (text: string) => text.toLowerCase()],
    ["upper", (text: string) => text.toUpperCase()],
  ] as const) {
    const called = { name: `formula.${name}`, takes: ["text"], gives: "text" } as const;
    expect(
      await answers(
        client,
        called,
        texts.map((text) => [text]),
      ),
    ).toEqual(texts.map(change));
  }
});
