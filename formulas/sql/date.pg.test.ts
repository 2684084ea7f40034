import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testDatabase } from "../../server/kernel/testing/test-database.ts";
import { dateTimeKind, numberKind, textKind, type Kind } from "../types/kinds.ts";
import { DATE_MAX_MS, DATE_MIN_MS, dateIn, spokenDateIn } from "../values/dates.ts";
import { distanceText } from "../values/moments.ts";
import { evaluatorOf, NOW_MS } from "./testing/evaluated.ts";
import { answers, installed, type SqlType } from "./testing/answers.ts";

const database = testDatabase();
let client: pg.Client;
beforeAll(async () => {
  client = await installed(database.url);
  // Another zone than UTC shows what would depend on the session.
  await client.query("set timezone to 'America/New_York'");
});
afterAll(async () => client.end());

const edges = [
  DATE_MIN_MS,
  DATE_MAX_MS,
  0,
  -1,
  1,
  NOW_MS,
  ...[
    "2024-02-29",
    "2023-02-28",
    "2024-01-31",
    "2024-03-31",
    "2024-12-31",
    "2024-01-01",
    "2024-03-10T07:30Z",
    "2024-11-03T05:30Z",
    "1900-02-28",
    "2000-02-29",
    "0001-01-31",
    "9999-12-01",
    "2024-03-05T09:07:03.045Z",
  ].map((text) => Date.parse(text)),
];
const instant = fc.oneof(
  fc.constantFrom(...edges),
  fc.integer({ min: Date.parse("2023-01-01"), max: Date.parse("2025-12-31") }),
  fc.integer({ min: 19_300, max: 20_100 }).map((day) => day * 86_400_000),
  fc.integer({ min: DATE_MIN_MS, max: DATE_MAX_MS }),
);
const count = fc.oneof(
  fc.integer({ min: -40, max: 40 }),
  fc.integer({ min: -3000, max: 3000 }),
  fc.constantFrom(
    NaN,
    Infinity,
    -Infinity,
    1.9,
    -1.9,
    0.2,
    120_000,
    -120_001,
    1e9,
    1e15,
    1e300,
    2_700_000,
    2_700_001,
  ),
);
const unit = fc.constantFrom(
  "ms",
  "s",
  "m",
  "h",
  "d",
  "w",
  "M",
  "Q",
  "y",
  "milliseconds",
  "Second",
  "minutes",
  "HOUR",
  "days",
  "week",
  "Months",
  "quarters",
  "Year",
  "D",
  "fortnight",
  "",
  "dayss",
);
const start = fc.constantFrom("Sunday", "Monday", "MONDAY", "Friday", "");
const holidays = fc.oneof(
  fc.constantFrom(
    "",
    "2024-03-05",
    "nonsense, 2024-02-30, 2024-13-01,2024-03-09",
    " 2024-03-05T00:00 , 2024-03-06x",
    "2024-00-01",
    "0000-12-29,9999-12-31",
  ),
  fc
    .array(fc.integer({ min: 19_700, max: 19_900 }), { maxLength: 60 })
    .map((days) =>
      days.map((day) => new Date(day * 86_400_000).toISOString().slice(0, 10)).join(", "),
    ),
);

type Given = readonly (readonly ["timestamptz" | "float8" | "text", fc.Arbitrary<unknown>])[];
const kinds = {
  timestamptz: dateTimeKind,
  float8: numberKind(0),
  text: textKind,
} as const satisfies Record<string, Kind>;

async function agrees(name: string, given: Given, gives: SqlType): Promise<void> {
  const cases = fc.sample(fc.tuple(...given.map(([, arbitrary]) => arbitrary)), 3000);
  const takes = given.map(([type]) => type);
  const evaluate = evaluatorOf(
    name,
    takes.map((type) => kinds[type]),
  );
  const got = await answers(client, { name: `formula.${name.toLowerCase()}`, takes, gives }, cases);
  const wrong = cases.flatMap((one, index) => {
    const expected = evaluate(one);
    return Object.is(got[index], expected) ? [] : [{ one, expected, actual: got[index] }];
  });
  expect(wrong.slice(0, 5)).toEqual([]);
}

const date = ["timestamptz", instant] as const;

describe("dates give what the evaluator gives", () => {
  test.each(["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"])("%s", (name) =>
    agrees(name, [date], "float8"),
  );
  test.each(["DATESTR", "TIMESTR"])("%s", (name) => agrees(name, [date], "text"));
  test.each(["WEEKDAY", "WEEKNUM"])("%s", (name) =>
    agrees(name, [date, ["text", start]], "float8"),
  );
  test("DATEADD", () =>
    agrees("DATEADD", [date, ["float8", count], ["text", unit]], "timestamptz"));
  test("DATETIME_DIFF", () => agrees("DATETIME_DIFF", [date, date, ["text", unit]], "float8"));
  test.each(["IS_BEFORE", "IS_AFTER"])("%s", (name) => agrees(name, [date, date], "boolean"));
  test("IS_SAME", () => agrees("IS_SAME", [date, date, ["text", unit]], "boolean"));
  test("WORKDAY", () =>
    agrees("WORKDAY", [date, ["float8", count], ["text", holidays]], "timestamptz"));
  test("WORKDAY_DIFF", () => agrees("WORKDAY_DIFF", [date, date, ["text", holidays]], "float8"));
});

const digits = (length: number) =>
  fc.string({ minLength: length, maxLength: length, unit: fc.constantFrom(..."0123456789") });
const clock = fc.oneof(
  fc.constantFrom(
    "",
    "T09:07",
    " 9:07",
    "T09:07:03Z",
    "t09:07:03.045z",
    "T24:00",
    "T09:60",
    "T09:07:03.123456789+05:30",
    "T09:07+1600",
    "T09:07 -0930",
    "T23:59:59.9995",
    "T00:00+15:59",
    "x",
  ),
  fc
    .tuple(digits(2), digits(2), digits(2), fc.constantFrom("", "Z", "+01:00", "-0800"))
    .map(([h, m, s, z]) => `T${h}:${m}:${s}${z}`),
);
const written = fc
  .tuple(
    fc.oneof(
      fc
        .tuple(digits(4), fc.integer({ min: 0, max: 13 }), fc.integer({ min: 0, max: 32 }))
        .map(([y, m, d]) => `${y}-${String(m).padStart(2, "0")}-${String(d).padStart(2, "0")}`),
      fc
        .tuple(fc.integer({ min: 0, max: 13 }), fc.integer({ min: 0, max: 32 }), digits(4))
        .map(([m, d, y]) => `${m}/${d}/${y}`),
      fc
        .tuple(digits(4), fc.integer({ min: 0, max: 13 }), fc.integer({ min: 0, max: 32 }))
        .map((parts) => parts.join("/")),
      fc.constantFrom(
        "2024-02-29",
        "0001-01-01",
        "9999-12-31",
        "0000-12-31",
        "2024-3-5",
        "",
        "nonsense",
        " 2024-03-05",
        "20240305",
      ),
    ),
    clock,
    fc.constantFrom("", " ", "\uFEFF\n", "."),
  )
  .map((parts) => parts.join(""));
const spoken = fc
  .tuple(
    fc.constantFrom("", "Tue, ", "Tuesday ", "tue ", "Xyz, "),
    fc.oneof(
      fc
        .tuple(
          fc.constantFrom("Mar", "march", "Sept", "Sep.", "May", "June", "jul", "Foo"),
          fc.integer({ min: 0, max: 32 }),
          fc.constantFrom("", "th", "st"),
          fc.constantFrom(", ", " ", ""),
        )
        .map(([m, d, th, comma]) => `${m} ${d}${th}${comma}`),
      fc
        .tuple(
          fc.integer({ min: 0, max: 32 }),
          fc.constantFrom(" ", "-", " - "),
          fc.constantFrom("Mar", "MARCH", "Sept.", "dec,"),
          fc.constantFrom(" ", "-"),
        )
        .map((parts) => parts.join("")),
    ),
    fc.oneof(digits(4), fc.constantFrom("2024", "24")),
    fc.constantFrom(
      "",
      " 10:07",
      ", 10:07:03",
      " 10:07 pm",
      " 12:07am",
      " 13:07 pm",
      " 0:30 AM",
      " 10:07:03 +0100",
      " 10:07 GMT",
      " 10:07 utc",
      " 25:00",
      " 10:07 PM +05:30",
    ),
  )
  .map((parts) => parts.join(""));

describe("texts are read as dates", () => {
  test("where a date is expected", async () => {
    const cases = fc.sample(fc.oneof(written, spoken), 3000).map((text) => [text]);
    const got = await answers(
      client,
      { name: "formula.text_date", takes: ["text"], gives: "timestamptz" },
      cases,
    );
    const wrong = cases.flatMap(([text = ""], index) =>
      got[index] === dateIn(text) ? [] : [{ text, got: got[index], expected: dateIn(text) }],
    );
    expect(wrong.slice(0, 5)).toEqual([]);
  });

  test("when nothing says how they are written", async () => {
    const cases = fc.sample(fc.oneof(written, spoken), 4000).map((text) => [text]);
    const got = await answers(
      client,
      { name: "formula.datetime_parse", takes: ["text"], gives: "timestamptz" },
      cases,
    );
    const wrong = cases.flatMap(([text = ""], index) =>
      got[index] === spokenDateIn(text)
        ? []
        : [{ text, got: got[index], expected: spokenDateIn(text) }],
    );
    expect(wrong.slice(0, 5)).toEqual([]);
  });
});

test("dates are written in ISO form", async () => {
  const cases = fc.sample(instant, 1000).map((ms) => [ms]);
  const got = await answers(
    client,
    { name: "formula.date_text", takes: ["timestamptz"], gives: "text" },
    cases,
  );
  expect(got).toEqual(cases.map(([ms = 0]) => new Date(ms).toISOString()));
});

test("distances from now are told in words", async () => {
  const near = fc
    .tuple(fc.integer({ min: 0, max: 400_000_000 }), fc.constantFrom(1, 7, 100, 1000, -1000))
    .map(([n, factor]) => NOW_MS + n * factor);
  const cases = fc.sample(fc.oneof(near, instant), 3000).map((ms) => [ms, NOW_MS]);
  const got = await answers(
    client,
    { name: "formula.fromnow", takes: ["timestamptz", "timestamptz"], gives: "text" },
    cases,
  );
  expect(got).toEqual(cases.map(([ms = 0]) => distanceText(ms, NOW_MS)));
});

test("blank dates: no difference, no order, never the same", async () => {
  const two = ["timestamptz", "timestamptz"] as const;
  const blanks = [
    [null, 0],
    [0, null],
    [null, null],
  ];
  expect(
    await answers(client, { name: "formula.is_before", takes: two, gives: "boolean" }, blanks),
  ).toEqual([false, false, false]);
  expect(
    await answers(client, { name: "formula.is_after", takes: two, gives: "boolean" }, blanks),
  ).toEqual([false, false, false]);
  expect(
    await answers(client, { name: "formula.is_same", takes: [...two, "text"], gives: "boolean" }, [
      [null, 0, "day"],
      [null, null, null],
      [0, 0, null],
      [0, 1, null],
      [null, 0, "x"],
    ]),
  ).toEqual([false, false, true, false, null]);
  expect(
    await answers(
      client,
      { name: "formula.datetime_diff", takes: [...two, "text"], gives: "float8" },
      [
        [null, 0, "days"],
        [null, null, "x"],
      ],
    ),
  ).toEqual([NaN, null]);
});
