import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testDatabase } from "../../server/kernel/testing/test-database.ts";
import { holds } from "../evaluate.ts";
import { exampleRun } from "../functions/example.ts";
import { fieldIndex } from "../language/names.ts";
import { parse } from "../language/parse.ts";
import { installed } from "../sql/testing/answers.ts";
import { generatedFields, generatedFormula, generatedRecord } from "../testing/generated.ts";
import { computeInPostgres, keptInPostgres } from "../testing/in-postgres.ts";
import { typeOf, type Purpose, type TypedFormula } from "../types/type-of.ts";

const database = testDatabase();
let client: pg.Client;
beforeAll(async () => {
  client = await installed(database.url);
});
afterAll(async () => client.end());

const run = { ...exampleRun, lastModified: () => exampleRun.lastModified };
const index = fieldIndex(generatedFields);
const fields = generatedFields;

function typed(text: string, purpose: Purpose = "field"): TypedFormula {
  const { formula, problems } = typeOf(parse(text), index, purpose);
  if (formula === null) {
    throw new Error(`${text}: ${problems[0]?.detail}`);
  }
  return formula;
}

test(
  "generated conditions keep the same records in PostgreSQL as here",
  { timeout: 300_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        generatedFormula(new Set()),
        fc.array(generatedRecord, { minLength: 10, maxLength: 10 }),
        async (text, records) => {
          const condition = typed(text, "condition");
          fc.pre(condition.inSql);
          const here = records.flatMap((record, place) =>
            holds(condition, record, run) ? [place] : [],
          );
          expect(await keptInPostgres(client, condition, { fields, records, run })).toEqual(here);
        },
      ),
      { numRuns: 500 },
    );
  },
);

describe("formulas as large as they may be", () => {
  const record = { fldCount: 1, fldName: "x" };
  const value = async (text: string) =>
    (await computeInPostgres(client, typed(text), { fields, records: [record], run }))[0];
  const nested = (depth: number, open: string, close: string) =>
    `${open.repeat(depth)}{Count}${close.repeat(depth)}`;

  test("nested as deep as the parser lets them", async () => {
    expect(await value(nested(390, "IF({Count}, ", ", 2)"))).toBe(1);
    expect(await value(nested(390, "ABS(", ")"))).toBe(1);
    expect(await value(nested(300, "(1 + ", ")"))).toBe(301);
    expect(await value(nested(390, "LEFT(", ", {Count})"))).toBe("1");
    expect(await value(`LEN(${nested(380, "REPLACE(", ", {Count}, 0, 'x')")})`)).toBe(381);
  });

  test("chains as long as the parser lets them", async () => {
    expect(await value(Array.from({ length: 8000 }, () => "{Count}").join("+"))).toBe(8000);
    expect(await value(`LEN(${Array.from({ length: 900 }, () => "{Name}").join("&")})`)).toBe(900);
    expect(
      await value(
        `OR(${Array.from({ length: 3000 }, (_, place) => `{Name}='${place}'`).join(",")})`,
      ),
    ).toBe(0);
    expect(
      await value(
        `SWITCH({Name}, ${Array.from({ length: 3000 }, (_, place) => `'${place}', ${place}`).join(", ")}, 'x', 7)`,
      ),
    ).toBe(7);
  });
});

describe("text that is SQL", () => {
  test.each([
    "'); drop table x; --",
    "\\'; select pg_sleep(5) --",
    "$1",
    "E'\\''",
    "${x}",
    "\u0000",
    "\ud800",
  ])("%s stays text", async (text) => {
    const quoted = `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
    const [value] = await computeInPostgres(client, typed(`{Name} & ${quoted}`), {
      fields,
      records: [{ fldName: "a" }],
      run,
    });
    expect(value).toBe(`a${text.toWellFormed().replaceAll("\u0000", "\uFFFD")}`);
  });
});
