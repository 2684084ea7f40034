import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testDatabase } from "../../server/kernel/testing/test-database.ts";
import { evaluate, holds } from "../evaluate.ts";
import { exampleRun } from "../functions/example.ts";
import { fieldIndex } from "../language/names.ts";
import { parse } from "../language/parse.ts";
import { installed } from "../sql/testing/answers.ts";
import { generatedFields, generatedFormula, generatedRecord } from "../testing/generated.ts";
import { comparable } from "../testing/comparable.ts";
import {
  computeInPostgres,
  computeTogetherInPostgres,
  keptInPostgres,
} from "../testing/in-postgres.ts";
import { typeOf, type FormulaField, type Purpose, type TypedFormula } from "../types/type-of.ts";
import type { Value } from "../values/value.ts";
import type { FormulaOfField } from "./compile.sql.ts";

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
        generatedFormula,
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

test("formulas that use each other's results have the same values in one statement as one after the other", async () => {
  const size = 4;
  await fc.assert(
    fc.asyncProperty(
      fc.array(generatedFormula, { minLength: size, maxLength: size }),
      fc.array(generatedRecord, { minLength: 10, maxLength: 10 }),
      async (texts, records) => {
        const formulas: FormulaOfField[] = [];
        const computed: FormulaField[] = [];
        for (const [place, text] of texts.entries()) {
          // Mentions of a plain field become mentions of the formula before.
          const last = computed.at(-1);
          const linked =
            last === undefined
              ? text
              : text.replaceAll(/\{fld(?:Count|Name|Day)\}/g, `{${last.id}}`);
          const { formula } = typeOf(parse(linked), fieldIndex([...fields, ...computed]));
          fc.pre(formula !== null && formula.inSql);
          const id = `fldF${place}`;
          formulas.push({ fieldId: id, formula });
          const { kind, canFail, canBeBlank } = formula.root;
          computed.push({ id, name: id, kind: kind as FormulaField["kind"], canFail, canBeBlank });
        }
        const here = records.map((record) => {
          const values: Record<string, Value> = { ...record };
          for (const { fieldId, formula } of formulas) {
            values[fieldId] = evaluate(formula, values, run);
          }
          return formulas.map(({ fieldId }) => comparable(values[fieldId] ?? null));
        });
        const there = await computeTogetherInPostgres(client, formulas, { fields, records, run });
        expect(there.map((values) => values.map(comparable))).toEqual(here);
      },
    ),
    { numRuns: 300 },
  );
});

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
