import { printField, printText } from "@basalt/formulas";
import { beforeAll, describe, expect, test } from "vitest";
import type { Scope, Sql } from "#kernel";
import { createField } from "../fields/create-field.ts";
import { updateField } from "../fields/update-field.ts";
import { createRecords } from "../rows/create-records.ts";
import { listRecords } from "../rows/list-records.ts";
import type { Table, View } from "../schema/base-schema.ts";
import { shape } from "../testing/linked-tables.ts";
import { askedTable } from "./testing/asked-table.ts";
import { hostileTexts } from "./testing/hostile-texts.ts";

const asked = askedTable();
let table: Table;

/** What PostgreSQL is sent where rows are asked, with the places of bound values left open. */
interface Sent {
  readonly scope: Scope;
  readonly texts: Set<string>;
}

function recording(scope: Scope): Sent {
  const texts = new Set<string>();
  const db = new Proxy(scope.db, {
    get: (target, name) =>
      name === "pipeline"
        ? async (statements: readonly Sql[]) => {
            texts.add(statements.map(({ text }) => text.replaceAll(/\$\d+/g, "$")).join(";\n"));
            return target.pipeline(statements);
          }
        : Reflect.get(target, name),
  });
  return { scope: { ...scope, db }, texts };
}

async function names(scope: Scope, listing: object): Promise<string[]> {
  const { records } = await listRecords(scope, { table, shape, pageSize: 1_000, ...listing });
  return records.map((record) => JSON.parse(record).fields.Name ?? "");
}

beforeAll(async () => {
  table = await asked().table();
  await createRecords(asked().scope, {
    table,
    rows: hostileTexts.map((Name) => ({ fields: { Name } })),
    typecast: false,
    shape,
  });
});

test("the corpus is large, and each text is there once", () => {
  expect(new Set(hostileTexts).size).toBe(hostileTexts.length);
  expect(hostileTexts.length).toBeGreaterThanOrEqual(60);
});

const spellings: readonly (readonly [string, (literal: string) => string])[] = [
  ["an equality", (literal) => `{Name}=${literal}`],
  ["an inequality", (literal) => `AND({Name}!=${literal}, {Name})`],
  ["a search", (literal) => `FIND(${literal}, {Name})`],
  ["a joined text", (literal) => `{Name} & "x" = ${literal} & "x"`],
  ["a pattern", (literal) => `REGEX_MATCH({Name}, ${literal})`],
  ["an option of a date", (literal) => `DATETIME_FORMAT({Day}, ${literal}) = {Name}`],
  ["a zone", (literal) => `DATETIME_FORMAT(SET_TIMEZONE({Day}, ${literal})) = {Name}`],
  ["a unit", (literal) => `IS_AFTER({Day}, DATEADD({Day}, {N}, ${literal}))`],
  ["a choice", (literal) => `{Status}=${literal}`],
  ["a list", (literal) => `OR({Name}=${literal}, {Name}=${literal}, {Notes}=${literal})`],
  ["a separator", (literal) => `ARRAYJOIN({Tags}, ${literal}) = {Name}`],
];

describe("texts in formulas are values and nothing else", () => {
  test.each(spellings)("as %s", async (_what, spell) => {
    const { scope, texts } = recording(asked().scope);
    for (const text of hostileTexts) {
      await names(scope, { filterByFormula: spell(printText(text)) });
    }
    expect([...texts]).toHaveLength(1);
  });

  test("and find what is equal to them", async () => {
    for (const text of hostileTexts) {
      const formula = `{Name}=${printText(text)}`;
      expect(await names(asked().scope, { filterByFormula: formula })).toEqual([text]);
    }
  });
});

describe("texts in filters of views are values and nothing else", () => {
  test.each(["=", "!=", "contains", "doesNotContain"])("with %s", async (operator) => {
    const { scope, texts } = recording(asked().scope);
    const [grid] = table.views;
    for (const value of hostileTexts) {
      const filterSet = [{ fieldId: asked().fieldId("Name"), operator, value }];
      const view = { ...(grid as View), options: { filters: { conjunction: "and", filterSet } } };
      const found = await names(scope, { view });
      if (operator === "=") {
        expect(found).toEqual([value]);
      }
    }
    expect([...texts]).toHaveLength(1);
  });
});

describe("names", () => {
  test("of fields never reach a statement", async () => {
    const { scope, baseId } = asked();
    const { id } = await createField(scope, {
      baseId,
      tableId: table.id,
      name: "Renamed",
      type: "singleLineText",
    });
    const sent = recording(scope);
    const fitting = hostileTexts.filter((text) => text.trim() !== "" && text.length <= 255);
    for (const name of fitting.slice(0, 30)) {
      await updateField(scope, { baseId, tableId: table.id, fieldId: id, name: `x ${name}` });
      const now = await asked().table();
      const field = now.fieldsById.get(id);
      await names(sent.scope, { filterByFormula: `${printField(field?.name ?? "")}='a'` });
    }
    expect([...sent.texts]).toHaveLength(1);
  });

  test("of choices are quoted where they stand in one", async () => {
    const { scope, baseId } = asked();
    const choices = hostileTexts.filter((text) => text.trim() === text && text !== "").slice(0, 60);
    const field = await createField(scope, {
      baseId,
      tableId: table.id,
      name: "Choice",
      type: "singleSelect",
      options: { choices: choices.map((name) => ({ name })) },
    });
    await createRecords(scope, {
      table: await asked().table(),
      rows: choices.map((name) => ({ fields: { Name: `chosen ${name}`, [field.id]: name } })),
      typecast: false,
      shape,
    });
    for (const name of choices) {
      const literal = printText(name);
      expect(await names(scope, { filterByFormula: `{Choice}=${literal}` })).toEqual([
        `chosen ${name}`,
      ]);
      expect(await names(scope, { filterByFormula: `{Choice}&""=${literal}` })).toEqual([
        `chosen ${name}`,
      ]);
    }
  });
});
