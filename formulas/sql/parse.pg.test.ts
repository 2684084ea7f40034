import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDatabase } from "../../server/kernel/testing/test-database.ts";
import { formatted, parsedWith } from "../values/moments.ts";
import { NOW_MS } from "./testing/evaluated.ts";
import { answers, installed } from "./testing/answers.ts";
import { localeCodes } from "./generate/locales.ts";

const database = testDatabase();
let client: pg.Client;
beforeAll(async () => {
  client = await installed(database.url);
});
afterAll(async () => client.end());

type Case = readonly [text: string, format: string, locale: string, now: number];

async function agrees(cases: readonly Case[]): Promise<void> {
  const got = await answers(
    client,
    {
      name: "formula.datetime_parse",
      takes: ["text", "text", "text", "timestamptz"],
      gives: "timestamptz",
    },
    cases,
  );
  const wrong = cases.flatMap((one, index) => {
    const [text, format, locale, now] = one;
    const expected = parsedWith(text, format, { now, locale });
    // For weeks of the years before 100 moment.js counts in another century.
    const early = expected !== null && expected < EARLY_MS;
    return early || got[index] === expected
      ? []
      : [{ one, expected: shown(expected), got: shown(got[index]) }];
  });
  expect(wrong.slice(0, 6)).toEqual([]);
}

const EARLY_MS = Date.parse("0101-01-01");

function shown(value: unknown): string | null {
  return typeof value === "number" ? new Date(value).toISOString() : null;
}

const instant = fc.oneof(
  fc.constant(NOW_MS),
  fc.integer({ min: Date.parse("1950-01-01"), max: Date.parse("2060-12-31") }),
);
const complete = fc.constantFrom(
  "YYYY-MM-DD",
  "D MMM YYYY HH:mm",
  "DD/MM/YYYY",
  "M/D/YY h:mm A",
  "YYYYMMDD",
  "dddd, MMMM Do YYYY, h:mm:ss a",
  "X",
  "x",
  "YYYY-MM-DDTHH:mm:ss.SSSZ",
  "DDDD YYYY",
  "GGGG-[W]WW-E",
  "gggg ww e",
  "D MMMM YYYY",
  "MMM D, YYYY",
  "ddd D MMM YYYY",
  "L",
  "LL",
  "LLL LTS",
  "Hmm",
  "HH:mm",
  "MMMM YYYY",
  "YYYY",
  "MM-DD",
  "D",
  "dddd",
  "Q YYYY",
  "hmm a",
  "k:mm",
);

test("what a format wrote it reads as moment.js does, in English", async () => {
  const cases = fc
    .sample(fc.tuple(instant, complete), 2500)
    .map(([date, format]): Case => [
      formatted(date, format, { zone: null, locale: "en" }),
      format,
      "en",
      NOW_MS,
    ]);
  await agrees(cases);
});

const token = fc.constantFrom(
  ..."YYYY YY Y M MM MMM MMMM D DD Do DDD DDDD d dd ddd dddd e E w ww W WW gg gggg GG GGGG H HH h hh k kk m mm s ss S SSS SSSS a A Z ZZ X x Q".split(
    " ",
  ),
);
const format = fc.oneof(
  complete,
  fc
    .array(fc.tuple(token, fc.constantFrom(" ", "-", "/", "", "[at]", ".")), {
      minLength: 1,
      maxLength: 5,
    })
    .map((parts) => parts.flat().join("")),
);
const piece = fc.oneof(
  fc.integer({ min: 0, max: 40 }).map(String),
  fc.integer({ min: 1960, max: 2050 }).map(String),
  fc.constantFrom(
    "Mar",
    "march",
    "MAY",
    "jun",
    "Tue",
    "Tuesday",
    "su",
    "am",
    "PM",
    "p",
    "Z",
    "+05:30",
    "-0800",
    "+15:00",
    "3rd",
    "21st",
    "foo",
    "2024-03-05",
    "12:34:56",
    "1709629623045",
    "23:61",
    "0",
    "00",
    "366",
    "-5",
    "+12",
    "é",
  ),
);
const text = fc
  .array(fc.tuple(piece, fc.constantFrom(" ", "-", "/", ":", "", ", ", "T")), { maxLength: 6 })
  .map((parts) => parts.flat().join(""));

test("generated texts are read with generated formats as moment.js reads them", async () => {
  await agrees(
    fc.sample(
      fc.tuple(
        text,
        format,
        fc.constant("en"),
        fc.constantFrom(NOW_MS, Date.parse("2024-02-29T12:00Z"), Date.parse("2025-12-31T23:59Z")),
      ),
      8000,
    ),
  );
});

test("texts of other locales are read as moment.js reads them", async () => {
  const named = fc.constantFrom(
    "D MMMM YYYY",
    "D MMM YYYY",
    "dddd D MMMM YYYY HH:mm",
    "L LT",
    "LL",
    "h:mm A DD/MM/YYYY",
    "Do MMMM YYYY",
  );
  const cases = fc
    .sample(fc.tuple(instant, named, fc.constantFrom(...localeCodes)), 2500)
    .map(([date, pattern, locale]): Case => [
      formatted(date, pattern, { zone: null, locale }),
      pattern,
      locale,
      NOW_MS,
    ]);
  await agrees(cases);
});
