import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sql, type Scope } from "#kernel";
import { testWorld } from "../../kernel/testing/world.ts";
import { dropBase } from "../bases/drop-base.ts";
import { definitionOf, isComputed } from "../computed/definitions.ts";
import { deleteField } from "../fields/delete-field.ts";
import { listRecords } from "../rows/list-records.ts";
import { updateRecords } from "../rows/update-records.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { shape } from "../testing/linked-tables.ts";
import { fieldNamed, newOwner } from "../testing/new-base.ts";
import { exportBase } from "./export-base.ts";
import { importBase } from "./import-base.ts";
import { formulaBase } from "./testing/formula-base.ts";
import { ownFormulas } from "./testing/formula-texts.ts";
import { entriesOfZip } from "./testing/zip-entries.ts";

const world = testWorld();
const at = new Date("2026-04-01T12:00:00Z");
let folder: string;
let scope: Scope;
let workspaceId: string;
let baseId: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "basalt-computed-"));
  ({ scope, workspaceId } = await newOwner(world()));
  world().setClock(at);
  baseId = await formulaBase(scope, workspaceId);
}, 300_000);
afterAll(() => rm(folder, { recursive: true }));

async function exported(from: Scope, id: string): Promise<string> {
  const { bytes } = await exportBase(from, { baseId: id, program: "test" });
  const file = path.join(folder, randomUUID());
  await writeFile(file, Buffer.concat(await Array.fromAsync(bytes as AsyncIterable<Uint8Array>)));
  return file;
}

type Rows = readonly Readonly<Record<string, unknown>>[];

/** By table and then by record: every cell by the name of its field, as JSON and as text. */
async function cellsOf(of: Scope, id: string): Promise<Readonly<Record<string, readonly Rows[]>>> {
  const { tables } = await schemaOf(of, id);
  const cells: Record<string, readonly Rows[]> = {};
  for (const table of tables) {
    const rows: Rows[] = [];
    for (const cellFormat of ["json", { timeZone: "utc", userLocale: "en" }] as const) {
      const page = await listRecords(of, { table, shape: { ...shape, cellFormat }, pageSize: 100 });
      rows.push(page.records.map((record) => JSON.parse(record).fields));
    }
    cells[table.name] = rows;
  }
  return cells;
}

/** Every id by where it was seen first; addresses of files carry times. */
function withoutIds<T>(value: T): T {
  const seen = new Map<string, string>();
  const text = JSON.stringify(value).replaceAll(
    /\b(app|tbl|fld|viw|rec|sel|att|lnk)[A-Za-z0-9]{14}(?![A-Za-z0-9])/g,
    (id, prefix: string) => {
      seen.set(id, seen.get(id) ?? `${prefix} ${seen.size}`);
      return seen.get(id) ?? "";
    },
  );
  return JSON.parse(text) as T;
}

test("the base has more than 200 formulas, and all of them can be computed", async () => {
  const { tables } = await schemaOf(scope, baseId);
  const computed = tables.flatMap(({ fields }) => fields).filter(isComputed);
  const broken = computed.filter(({ options }) => options["isValid"] !== true);
  expect(broken.map(({ name, options }) => [name, options["formula"], options["reason"]])).toEqual(
    [],
  );
  expect(computed.filter(({ type }) => type === "formula").length).toBeGreaterThan(200);
  const cells = Object.values(await cellsOf(scope, baseId)).flatMap(([rows = []]) => rows);
  const empty = computed.filter(({ name }) => cells.every((fields) => fields[name] === undefined));
  const nothing = /^BLANK\(\)$|^T\(|Files/;
  expect(
    empty.filter((field) => {
      const { formula = "" } = definitionOf(field);
      const position = field.name.startsWith("Formula ") ? Number(field.name.slice(8)) : -1;
      return !nothing.test(ownFormulas[position] ?? `${field.name}${formula}`);
    }),
  ).toEqual([]);
});

test("with new ids every cell is the same but for ids, and computed on", async () => {
  const file = await exported(scope, baseId);
  const made = await importBase(scope, { workspaceId, keepIds: false, file });
  expect(made.invalidFields).toEqual([]);
  const [before, after] = [await cellsOf(scope, baseId), await cellsOf(scope, made.id)];
  expect(withoutIds(after)).toEqual(withoutIds(before));
  const [was, is] = [await schemaOf(scope, baseId), await schemaOf(scope, made.id)];
  const shapes = (schema: typeof was): unknown =>
    schema.tables.map(({ fields, views }) => [
      fields.map(({ name, type, options }) => ({ name, type, options })),
      views.map(({ name, options }) => ({ name, options })),
    ]);
  expect(withoutIds(shapes(is))).toEqual(withoutIds(shapes(was)));
  const ids = (text: string): Set<string> =>
    new Set(text.match(/\b(app|tbl|fld|viw|rec|sel|lnk)[A-Za-z0-9]{14}(?![A-Za-z0-9])/g));
  const both = ids(JSON.stringify(shapes(was))).intersection(ids(JSON.stringify(shapes(is))));
  // The name of an option that has the shape of an id.
  expect([...both]).toEqual(["recordLinkFieldId"]);

  const [first, second] = is.tables;
  if (first === undefined || second === undefined) {
    throw new Error("tables are missing");
  }
  const filtered = first.views.find(({ name }) => name === "Filtered");
  const [table] = was.tables;
  const view = table?.views.find(({ name }) => name === "Filtered");
  if (table === undefined || view === undefined || filtered === undefined) {
    throw new Error("the view is missing");
  }
  const seen = await listRecords(scope, { table: first, shape, view: filtered, pageSize: 100 });
  const seenBefore = await listRecords(scope, { table, shape, view, pageSize: 100 });
  const texts = (records: readonly string[]): unknown[] =>
    records.map((record) => JSON.parse(record).fields.Text);
  expect(seenBefore.records.length).toBeGreaterThan(2);
  expect(texts(seen.records)).toEqual(texts(seenBefore.records));

  const page = await listRecords(scope, { table: second, shape, pageSize: 100 });
  const rows = page.records.map((record) => ({
    id: JSON.parse(record).id,
    fields: { Number: 1_000 },
  }));
  await updateRecords(scope, {
    table: second,
    rows: rows.slice(0, 10),
    typecast: false,
    shape,
    replace: false,
    single: false,
  });
  const sums = (await cellsOf(scope, made.id))["First"]?.[0]?.map((fields) => fields["Sum"]);
  expect(sums?.some((sum) => Number(sum) >= 1_000)).toBe(true);
}, 180_000);

test("a field that is not valid stays so, with its reason and its formula", async () => {
  const file = await exported(scope, baseId);
  const { id } = await importBase(scope, { workspaceId, keepIds: false, file });
  const [table] = (await schemaOf(scope, id)).tables;
  if (table === undefined) {
    throw new Error("the table is missing");
  }
  await deleteField(scope, {
    baseId: id,
    tableId: table.id,
    fieldId: fieldNamed(table, "Number").id,
  });
  const cut = await exported(scope, id);
  const made = await importBase(scope, { workspaceId, keepIds: false, file: cut });
  const broken = await schemaOf(scope, id);
  const invalid = broken.tables.flatMap(({ fields }) =>
    fields.filter((field) => isComputed(field) && field.options["isValid"] !== true),
  );
  expect(invalid.length).toBeGreaterThan(20);
  expect(made.invalidFields.map(({ fieldName }) => fieldName)).toEqual(
    invalid.map(({ name }) => name),
  );
  expect(made.invalidFields[0]?.reason).toMatch(/^options\.formula: /);
  expect(withoutIds(await cellsOf(scope, made.id))).toEqual(withoutIds(await cellsOf(scope, id)));
  const again = await entriesOfZip(await exported(scope, made.id));
  const before = await entriesOfZip(cut);
  expect(withoutIds(again[1])).toEqual(withoutIds(before[1]));
}, 180_000);

test("after it was dropped and imported with its ids, every cell, field and byte is the same", async () => {
  const file = await exported(scope, baseId);
  const [before, cells] = [await schemaOf(scope, baseId), await cellsOf(scope, baseId)];
  await dropBase(world().system, before);
  await world().db.run(sql`delete from workspaces.bases where id = ${baseId}`);
  const made = await importBase(scope, { workspaceId, keepIds: true, file });
  expect(made.invalidFields).toEqual([]);
  expect(await cellsOf(scope, baseId)).toEqual(cells);
  expect(await entriesOfZip(await exported(scope, baseId))).toEqual(await entriesOfZip(file));
  const after = await schemaOf(scope, baseId);
  expect(after.tables.map(({ fields, views }) => [fields, views])).toEqual(
    before.tables.map(({ fields, views }) => [fields, views]),
  );
}, 180_000);
