import { readFileSync } from "node:fs";
import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testDatabase } from "../../server/kernel/testing/test-database.ts";
import { installScript } from "./install.ts";
import { installed } from "./testing/answers.ts";

const database = testDatabase();
let client: pg.Client;
beforeAll(async () => {
  client = await installed(database.url);
  // Another zone, another style of dates and fewer digits must change nothing.
  await client.query("set timezone to 'Australia/Lord_Howe'");
  await client.query("set datestyle to 'German'");
});
afterAll(async () => client.end());

const numbers = [
  "0",
  "1",
  "-1",
  "0.5",
  "-0.5",
  "NaN",
  "Infinity",
  "-Infinity",
  "1e308",
  "-1e308",
  "5e-324",
  "1e18",
  "9.3e18",
  "2147483648",
  "-2147483649",
  "100001",
  "1e-300",
  "12",
];
const texts = [
  "",
  " ",
  "a",
  "\\",
  "'",
  "$1",
  "$$",
  "%",
  "(",
  "[",
  "(?",
  "[a",
  "*",
  "\\d+",
  "a|b",
  "NULL",
  "{}",
  "{",
  "😀",
  "\uFFFF",
  "\uFFFE😀",
  "é",
  "month",
  "M",
  "UTC",
  "America/New_York",
  "Mars",
  "../etc",
  "+99:99",
  "GMT+99",
  "fr",
  "zh_CN",
  "YYYY-MM-DD",
  "[",
  "LLLL",
  "l",
  "SSSSSSSSS",
  "\\",
  "[[",
  "DDDo",
  "2024-03-05",
  "9999-12-31T23:59:59.999-15:59",
  "0001-01-01T00:00+15:59",
  "0000-01-01",
  "0000-12-31T23:59-10:00",
  "10000-01-01",
  "2024-02-30",
  "99/99/9999",
  "99999999999999999999",
  "1e999999999",
  "-.e5",
  "infinity",
  "now",
  "today",
  "epoch",
  "Sunday",
  "Feb 31, 2024",
  "29 Feb 2023 25:61",
  "x".repeat(5000),
  "1".repeat(5000),
  "é😀".repeat(2000),
  ",".repeat(3000),
  "2024-01-01,".repeat(500),
  "99",
  "-99999999999",
];
const dates = [
  "infinity",
  "-infinity",
  "0001-01-01T00:00Z",
  "9999-12-31T23:59:59.999Z",
  "10000-01-01T00:00Z",
  "294276-12-31T23:59:59Z",
  "4713-01-01T00:00Z BC",
  "0001-12-31T00:00Z BC",
  "1970-01-01T00:00Z",
  "2024-02-29T12:00Z",
  "2024-03-10T07:30:00.123456Z",
  "1883-11-18T12:00Z",
];
const arrays = {
  float8: numbers,
  text: texts,
  timestamptz: dates,
  boolean: ["true", "false"],
} as const;
type Scalar = keyof typeof arrays;

function argument(type: string): fc.Arbitrary<string | null> {
  const scalar = type.replace("[]", "") as Scalar;
  const one = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom<string | null>(...arrays[scalar]) },
    { weight: 1, arbitrary: fc.constant(null) },
  );
  return type.endsWith("[]")
    ? fc
        .array(one, { maxLength: 5 })
        .map(
          (values) =>
            `{${values.map((value) => (value === null ? "NULL" : JSON.stringify(value))).join(",")}}`,
        )
    : one;
}

/** The names in the list of functions that compiled formulas call. */
function listedNames(): ReadonlySet<string> {
  const list = readFileSync(new URL("README.md", import.meta.url), "utf8");
  const rows = list.split("\n").filter((line) => line.startsWith("| `"));
  return new Set(
    rows.flatMap((row) =>
      [...(row.split(" | ")[0] ?? "").matchAll(/`(\w+)/g)].map(([, name = ""]) => name),
    ),
  );
}

describe("nothing raises", () => {
  test("whatever the arguments", { timeout: 120_000 }, async () => {
    const names = listedNames();
    const { rows } = await client.query<{ name: string; types: string[] }>(
      `select proname as name, array(select format_type(t, null) from unnest(proargtypes) with ordinality as each(t, place) order by place) as types
       from pg_proc where pronamespace = 'formula'::regnamespace order by 1, 2`,
    );
    const short: Readonly<Record<string, string>> = {
      "double precision": "float8",
      "timestamp with time zone": "timestamptz",
    };
    const calls = rows
      .map(({ name, types }) => ({
        name,
        types: types.map((type) => type.replace(/^[a-z ]+/, (base) => short[base] ?? base)),
      }))
      .filter(
        ({ name }) =>
          names.has(name.replace("_plain", "")) && !/^regex_(?:extract|replace)_/.test(name),
      );
    expect(calls.length).toBeGreaterThan(100);
    const raised: unknown[] = [];
    for (const { name, types } of calls) {
      const cases = fc.sample(fc.tuple(...types.map(argument)), types.length > 1 ? 4000 : 200);
      const list = types.map((type, index) => `(given ->> ${index})::${type}`).join(", ");
      const problem = await client
        .query(
          `select count(md5(answer::text)) from unnest($1::jsonb[]) as given cross join lateral (select formula.${name}(${list}) as answer offset 0) as called`,
          [cases.map((one) => JSON.stringify(one))],
        )
        .catch((error: unknown) => error);
      if (problem instanceof Error) {
        raised.push({
          name,
          types,
          message: problem.message,
          where: (problem as pg.DatabaseError).where,
        });
      }
    }
    expect(raised).toEqual([]);
  });

  test("large texts end soon", async () => {
    const large = "ab,😀é ".repeat(15_000);
    const { rows } = await client.query<Record<string, unknown>>(
      `select formula.len(t) as len, length(formula.upper(t)) as upper, formula.find('zz', t, 2) as find,
         length(formula.substitute(t, 'a', 'b')) as substituted, formula.substitute(t, ',', repeat('x', 90000)) as grown,
         length(formula.substitute(t, 'a', 'b', 70000)) as one, formula.text_number(t) as number, formula.text_date(t) as date,
         length(formula.encode_url_component(left(t, 20000))) as url, formula.datetime_parse(t, 'YYYY-MM-DD', 'en', now()) as parsed,
         length(formula.mid(t, 50000, 10)) as mid, formula.regex_replace(t, 'a', repeat('y', 50000)) as replaced
       from (select $1::text as t) as given`,
      [large],
    );
    expect(rows[0]).toMatchObject({
      len: 105_000,
      find: 0,
      grown: null,
      number: NaN,
      date: null,
      parsed: null,
      replaced: null,
    });
  });
});

describe("the script", () => {
  test("can be run again and says whether it has changed", async () => {
    const { text, checksum } = installScript();
    await client.query("begin");
    await client.query(text);
    await client.query("commit");
    expect(checksum).toMatch(/^[0-9a-f]{64}$/);
    expect(installScript().checksum).toBe(checksum);
  });

  test("every function is immutable and may run in parallel", async () => {
    const { rows } = await client.query(
      `select proname from pg_proc where pronamespace = 'formula'::regnamespace and (provolatile <> 'i' or proparallel <> 's')`,
    );
    expect(rows).toEqual([]);
  });

  test("every function that the list names is there", async () => {
    const { rows } = await client.query<{ name: string }>(
      `select proname as name from pg_proc where pronamespace = 'formula'::regnamespace`,
    );
    const made = new Set(rows.map(({ name }) => name));
    expect([...listedNames()].filter((name) => !made.has(name))).toEqual([]);
  });
});
