import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDatabase } from "../../server/kernel/testing/test-database.ts";
import { DATE_MAX_MS, DATE_MIN_MS } from "../values/dates.ts";
import { formatted, isZone } from "../values/moments.ts";
import { NOW_MS } from "./testing/evaluated.ts";
import { answers, installed } from "./testing/answers.ts";
import { localeCodes } from "./generate/locales.ts";

const database = testDatabase();
let client: pg.Client;
beforeAll(async () => {
  client = await installed(database.url);
  await client.query("set timezone to 'Asia/Tokyo'");
});
afterAll(async () => client.end());

const instant = fc.oneof(
  fc.constantFrom(
    NOW_MS,
    DATE_MIN_MS + 86_400_000,
    DATE_MAX_MS - 86_400_000,
    Date.parse("2024-03-05T09:07:03.045Z"),
  ),
  fc.integer({ min: Date.parse("2023-12-20"), max: Date.parse("2026-01-10") }),
  fc.integer({ min: Date.parse("1970-01-02"), max: Date.parse("2037-12-31") }),
);
const anyYear = fc.oneof(instant, fc.integer({ min: DATE_MIN_MS, max: DATE_MAX_MS }));

const tokens =
  "M Mo MM MMM MMMM Q Qo D Do DD DDD DDDo DDDD d do dd ddd dddd e E w wo ww W Wo WW YY YYYY Y YYYYY YYYYYY y yy yyyy gg gggg ggggg GG GGGG A a H HH h hh hmm hmmss Hmm Hmmss k kk m mm s ss S SS SSS SSSS SSSSSSSSS Z ZZ z X x LT LTS L LL LLL LLLL l ll lll llll N NNNN eHHmm".split(
    " ",
  );
const glue = fc.constantFrom(
  "",
  " ",
  "-",
  "/",
  ". ",
  "[text]",
  "[de]",
  "[]",
  "[[",
  "]",
  String.raw`\M`,
  String.raw`\e`,
  "T",
  "ö",
  "😀",
  "\n",
  "[В] ",
  "[минулої] ",
  "'",
);
const format = fc.oneof(
  fc.constantFrom(
    ...tokens,
    "YYYY-MM-DD",
    "M/D/YYYY h:mm a",
    "LT",
    "L",
    "l",
    "h:mm A",
    "D MMMM YYYY",
    "DD-MMM-YYYY",
    "D. MMMM",
    "[В] dddd",
    "YYYY-MM-DDTHH:mm:ssZ",
    "",
  ),
  fc
    .array(fc.tuple(fc.constantFrom(...tokens), glue), { maxLength: 8 })
    .map((parts) => parts.flat().join("")),
  fc.string({ maxLength: 12, unit: fc.constantFrom(..."MDYHhmsdQwWgGaAZzXxLlTNSoek[]\\ -") }),
);

async function agrees(
  cases: readonly (readonly [number, string, string, string])[],
): Promise<void> {
  const got = await answers(
    client,
    {
      name: "formula.datetime_format",
      takes: ["timestamptz", "text", "text", "text"],
      gives: "text",
    },
    cases,
  );
  const wrong = cases.flatMap((one, index) => {
    const [date, pattern, zone, locale] = one;
    const expected = isZone(zone)
      ? formatted(date, pattern, { zone: zone === "UTC" ? null : zone, locale })
      : null;
    return got[index] === expected ? [] : [{ one, expected, got: got[index] }];
  });
  expect(wrong.slice(0, 4)).toEqual([]);
}

test("every format of an English date in UTC is what moment.js writes", async () => {
  await agrees(fc.sample(fc.tuple(anyYear, format, fc.constant("UTC"), fc.constant("en")), 6000));
});

test("every token in every locale is what moment.js writes", async () => {
  const dates = [
    ...fc.sample(instant, 2),
    ...Array.from({ length: 12 }, (_, month) =>
      Date.UTC(2024, month, 1 + month * 2, month * 2, 31),
    ),
  ];
  const cases = localeCodes.flatMap((locale) =>
    dates.map(
      (date) => [date, `${tokens.join("|")}|D MMMM|[В] dddd|-MMM-`, "UTC", locale] as const,
    ),
  );
  await agrees(cases);
});

test("generated formats in every locale are what moment.js writes", async () => {
  await agrees(
    fc.sample(
      fc.tuple(
        instant,
        format,
        fc.constant("UTC"),
        fc.constantFrom(...localeCodes, "FR", "pt_BR", "xx", ""),
      ),
      6000,
    ),
  );
});

const zones = Intl.supportedValuesOf("timeZone");

test("zones are shifted and abbreviated as ICU does it", async () => {
  const zone = fc.oneof(
    fc.constantFrom(...zones),
    fc.constantFrom(
      "America/New_York",
      "america/new_york",
      "Asia/Kolkata",
      "Australia/Lord_Howe",
      "US/Eastern",
      "EST",
      "PST",
      "CET",
      "GMT",
      "utc",
      "Etc/GMT+5",
      "Mars/Base",
      "",
      "+05:00",
      "GMT+5",
      "UTC+3",
      "Z",
      "localtime",
      "posixrules",
    ),
  );
  // What becomes of zones later is not the same in every release of the time zone database.
  const since1970 = fc.integer({ min: Date.parse("1970-01-02"), max: Date.parse("2023-12-31") });
  await agrees(
    fc.sample(
      fc.tuple(
        since1970,
        fc.constantFrom("YYYY-MM-DD HH:mm Z z", "LT", "X x ZZ", "HH:mm:ss.SSS"),
        zone,
        fc.constant("en"),
      ),
      4000,
    ),
  );
});

test("every zone of ICU is known", async () => {
  const known = await answers(
    client,
    { name: "formula.valid_zone", takes: ["text"], gives: "boolean" },
    zones.map((zone) => [zone]),
  );
  expect(zones.filter((_, index) => known[index] !== true)).toEqual([]);
});
