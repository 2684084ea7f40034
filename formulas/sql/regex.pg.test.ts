import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testDatabase } from "../../server/kernel/testing/test-database.ts";
import { extracted, matches, patternOf, replacedMatches } from "../values/patterns.ts";
import { answers, installed } from "./testing/answers.ts";
import { translateRegex, type RegexTranslation } from "./translate-regex.ts";

const database = testDatabase();
let client: pg.Client;
beforeAll(async () => {
  client = await installed(database.url);
});
afterAll(async () => client.end());

const written = [
  "Hello.World",
  "^b",
  "(?i)b",
  "W.*",
  String.raw`\d+`,
  "k=(.)",
  " W.*",
  String.raw`\D`,
  String.raw`(\w+), (\w+)`,
  '"(.*?)"',
  String.raw`\((.*?)\)`,
  "^(.*)@(.*)$",
  "(a|ab)(c|bcd)",
  "(a|ab)(c|bcd)?",
  String.raw`[^@]+@([^.]+)\.com`,
  String.raw`name: (.*?), age: (\d+)`,
  String.raw`\bfoo\b`,
  "(?m)^x$",
  String.raw`\pL+`,
  "a|ab",
  "(a*)*",
  "(a|b)*",
  "((a)|b)+",
  "(a+?)(b*)",
  "(a*)(ab)?",
  "a?(ab)?",
  "x*",
  "b*",
  "a{0}",
  "",
  "(?s).*",
  String.raw`[\d.]+`,
  "(?i)straße",
  "[[:alpha:]]+",
  String.raw`\Bx`,
  "(?P<y>\\d{4})-(?P<m>\\d\\d)",
  String.raw`\Qa.b\E+`,
  String.raw`\x{1F600}|é`,
  "(?U)a+",
  "(a)(b)?(c)?",
  "[^a-c]+",
  "(?i)[k-s]+",
  "a{2,3}?",
  "(ab){2}",
  "(?:(a)|(b))+",
  String.raw`^\s+|\s+$`,
  ".{3}",
  "()",
  "|a",
  "a||b",
  String.raw`\$\d+`,
  "[-a]",
  "[]a]",
  "(.*)(.*)",
  "(.*?)(.*)",
  "^$",
  String.raw`\z`,
  String.raw`\A`,
  "(^)*a",
  "(a|)+",
];

const unit = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      "a",
      "b",
      "c",
      "x",
      "ab",
      ".",
      String.raw`\d`,
      String.raw`\w`,
      String.raw`\s`,
      "[ab]",
      "[^a]",
      "[a-c]",
      "é",
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom("^", "$", String.raw`\b`, "(?m)^", "(?i)B") },
);
const quantifier = fc.constantFrom(
  "",
  "",
  "",
  "*",
  "+",
  "?",
  "*?",
  "+?",
  "??",
  "{2}",
  "{1,2}",
  "{0,2}?",
);
const { pattern: generated } = fc.letrec<{ pattern: string; branch: string; item: string }>(
  (tie) => ({
    pattern: fc
      .array(tie("branch"), { minLength: 1, maxLength: 2 })
      .map((branches) => branches.join("|")),
    branch: fc.array(tie("item"), { maxLength: 4 }).map((items) => items.join("")),
    item: fc.oneof(
      { depthSize: "small" },
      fc.tuple(unit, quantifier).map((parts) => parts.join("")),
      fc
        .tuple(fc.constantFrom("(", "(?:"), tie("pattern"), fc.constant(")"), quantifier)
        .map((parts) => parts.join("")),
    ),
  }),
);
const subject = fc.oneof(
  fc.string({
    maxLength: 10,
    unit: fc.constantFrom("a", "b", "c", "x", "1", " ", "\n", "é", "B", "😀"),
  }),
  fc.constantFrom(
    "Hello World",
    "order 4521 of 9",
    "k=v",
    "+1 (555) 010",
    "Doe, Jane",
    'say "a" and "b"',
    "name: Ann, age: 7, name: Bo, age: 12",
    "foo food foo",
    "a.ba.b",
    "STRASSE straße",
    "2024-03-05",
    "$12",
    "  x  ",
  ),
);
const replacement = fc.constantFrom(
  "",
  "-",
  "[$1]",
  "$2$1",
  "$$",
  "$9",
  String.raw`\1`,
  "$",
  "x$1y$0",
);

interface Case {
  readonly text: string;
  readonly pattern: string;
  readonly replacement: string;
  readonly translation: RegexTranslation;
}

function casesOf(patterns: readonly string[], texts: number): readonly Case[] {
  return patterns
    .filter((pattern) => patternOf(pattern) !== null)
    .flatMap((pattern) => {
      const translation = translateRegex(pattern);
      return translation === null
        ? []
        : fc
            .sample(fc.record({ text: subject, replacement }), texts)
            .map((one): Case => ({ ...one, pattern, translation }));
    });
}

async function agree(cases: readonly Case[]): Promise<void> {
  const { rows } = await client.query<{
    matched: boolean;
    extracted: string | null;
    replaced: string | null;
  }>(
    `select t collate "C" ~ are as matched,
       case when spans is null then formula.regex_extract_steps(t, are, steps, groups)
         else formula.regex_extract_plain(t, spans) end as extracted,
       case when spans is null then formula.regex_replace_steps(t, steps, replacement, groups)
         else formula.regex_replace_plain(t, spans, replacement, groups) end as replaced
     from jsonb_to_recordset($1) as given(place int, t text, are text, spans text, steps int[], groups int, replacement text)
     order by place`,
    [
      JSON.stringify(
        cases.map(({ text, replacement: by, translation }, place) => ({
          place,
          t: text,
          replacement: by,
          ...translation,
        })),
      ),
    ],
  );
  const wrong = cases.flatMap(
    ({ text, pattern, replacement: by, translation: { spans } }, index) => {
      const expected = {
        matched: matches(text, pattern),
        extracted: extracted(text, pattern),
        replaced: replacedMatches(text, { pattern, replacement: by, source: "formula" }),
      };
      const got = rows[index];
      return JSON.stringify(got) === JSON.stringify(expected)
        ? []
        : [{ pattern, text, by, spans, expected, got }];
    },
  );
  expect(wrong.slice(0, 5)).toEqual([]);
}

describe("patterns that are known", () => {
  test("patterns people write are computed as RE2 computes them", async () => {
    await agree(casesOf(written, 25));
  });

  test("generated patterns are computed as RE2 computes them", { timeout: 60_000 }, async () => {
    await agree(casesOf(fc.sample(generated, 2000), 6));
  });

  test("most patterns people write need no steps", () => {
    const stepped = written.filter((pattern) => translateRegex(pattern)?.spans === null);
    expect(stepped.length).toBeLessThan(written.length / 4);
  });

  test("patterns beyond what PostgreSQL can do have no translation", () => {
    expect(["a{256}", "((a{100}){100})", "(?i"].map(translateRegex)).toEqual([null, null, null]);
  });
});

test("patterns that explode elsewhere end here", async () => {
  const long = "a".repeat(100_000);
  for (const pattern of ["(a*)*b", "(a|a)*b", "(a+)+$", "(.*)(.*)(.*)x", "(a|aa)+?b|(a*)c"]) {
    const translation = translateRegex(pattern);
    const { rows } = await client.query<{ matched: boolean }>(
      `select $1::text collate "C" ~ $2 as matched`,
      [long, translation?.are],
    );
    expect(rows).toEqual([{ matched: matches(long, pattern) }]);
  }
});

test("patterns from cells: a plain one works, any other is an error", async () => {
  const simple = fc
    .tuple(
      fc.constantFrom("", "^"),
      fc.array(
        fc.tuple(
          fc.constantFrom(
            "a",
            "b",
            "x",
            ".",
            String.raw`\d`,
            String.raw`\w`,
            String.raw`\S`,
            "[ab]",
            "[^a-c]",
            String.raw`[\d x]`,
            "é",
            "-",
            String.raw`\.`,
            "😀",
          ),
          fc.constantFrom("", "", "*", "+", "?"),
        ),
        { maxLength: 5 },
      ),
      fc.constantFrom("", "$"),
    )
    .map((parts) => parts.flat(2).join(""));
  const cases = fc.sample(fc.tuple(subject, simple), 4000);
  const match = await answers(
    client,
    { name: "formula.regex_match", takes: ["text", "text"], gives: "boolean" },
    cases,
  );
  expect(match).toEqual(cases.map(([text, pattern]) => matches(text, pattern)));
  const extract = await answers(
    client,
    { name: "formula.regex_extract", takes: ["text", "text"], gives: "text" },
    cases,
  );
  expect(extract).toEqual(cases.map(([text, pattern]) => extracted(text, pattern)));
  const replace = await answers(
    client,
    { name: "formula.regex_replace", takes: ["text", "text", "text"], gives: "text" },
    cases.map((one) => [...one, "<$1>"]),
  );
  expect(replace).toEqual(
    cases.map(([text, pattern]) =>
      replacedMatches(text, { pattern, replacement: "<$1>", source: "formula" }),
    ),
  );
  const others = [
    "(",
    "(a)",
    "a|b",
    "[z-a]",
    "a**",
    "*",
    "\\",
    "[",
    "a{2}",
    "(?i)a",
    "\\pL",
    "[a",
    "]",
    "\\1",
    "$a",
    "a^",
  ];
  expect(
    await answers(
      client,
      { name: "formula.regex_match", takes: ["text", "text"], gives: "boolean" },
      others.map((pattern) => ["a", pattern]),
    ),
  ).toEqual(others.map(() => null));
});
