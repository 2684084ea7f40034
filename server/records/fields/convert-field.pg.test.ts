import { ident, readEvents, sql } from "#kernel";
import { expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import {
  namedSchema,
  type BaseSchema,
  type Field,
  type LinkOptions,
  type Table,
} from "../schema/base-schema.ts";
import { loadSchema } from "../schema/schema-cache.ts";
import {
  expectRefusal,
  firstTable,
  makeTestBase,
  putRow,
  textField,
} from "../testing/test-base.ts";
import { convertField, type ConversionReport } from "./convert-field.ts";
import { createField } from "./create-field.ts";
import type { FieldInput } from "./plan-fields.ts";

const world = testWorld();

interface Made {
  readonly base: BaseSchema;
  readonly table: Table;
  readonly field: Field;
}

/** A table with one more field and these cells in it, one row each. */
async function withCells(input: FieldInput, values: readonly unknown[]): Promise<Made> {
  const base = await makeTestBase(world().system, [
    { name: "T", fields: [textField("Name"), input] },
  ]);
  const table = firstTable(base);
  const field = table.fields[1] as Field;
  for (const [at, cell] of values.entries()) {
    const own = Object.hasOwn(kept, input.type) ? {} : { [field.id]: cell };
    await putRow(world().db, table, {
      id: `rec${String(at).padStart(4, "0")}`,
      cells: { ...own, auto_number: at + 1 },
    });
  }
  return { base, table, field };
}
const kept = { createdTime: true, autoNumber: true };

async function convert(
  { base, table, field }: Made,
  type: string,
  more: object = {},
): Promise<ConversionReport> {
  return convertField(world().system, {
    baseId: base.baseId,
    tableId: table.id,
    fieldId: field.id,
    type,
    ...more,
  });
}

async function cells({ table, field }: Made): Promise<(string | null)[]> {
  const rows = await world().db.text(sql`
    select ${ident(field.id)}::text collate "C" from ${ident(table.baseId, table.id)} order by id`);
  return rows.map(([cell]) => cell ?? null);
}

const text = textField("F");
const number = { name: "F", type: "number", options: { precision: 1 } };

test("text becomes numbers; what is none is lost, as the dry run said", async () => {
  const made = await withCells(text, ["1.5", "x", null, "-2", ""]);
  const options = { precision: 1 };
  const dry = await convert(made, "number", { options, dryRun: true });
  expect(dry).toMatchObject({ cells: 4, field: { type: "number", options } });
  expect(await cells(made)).toEqual(["1.5", "x", null, "-2", ""]);
  expect((await loadSchema(world(), made.base.baseId)).version).toBe(1);
  const done = await convert(made, "number", { options });
  expect(done).toEqual(dry);
  expect(await cells(made)).toEqual(["1.5", null, null, "-2", null]);
  expect(done.field).toEqual({ ...made.field, type: "number", options });
});

test("the log keeps the old cells, then tells of the new type; rows that changed have a new version", async () => {
  const made = await withCells(text, ["1", null, "x"]);
  await convert(made, "number", { options: { precision: 0 } });
  const events = await readEvents(world().db, { baseId: made.base.baseId, after: 1, limit: 10 });
  expect(events.map(({ name, recordIds, body }) => [name, recordIds, body])).toEqual([
    ["fields.cells-replaced", ["rec0000", "rec0002"], { before: [["1"], ["x"]], complete: true }],
    [
      "fields.converted",
      [],
      { before: made.field, after: expect.objectContaining({ type: "number" }) },
    ],
  ]);
  const rows = await world().db.all(sql`
    select id, version from ${ident(made.base.baseId, made.table.id)} order by id`);
  expect(rows).toEqual([
    { id: "rec0000", version: 2 },
    { id: "rec0001", version: 1 },
    { id: "rec0002", version: 2 },
  ]);
});

test("many cells are converted and logged in pages", async () => {
  const made = await withCells(text, []);
  await world().db.run(sql`
    insert into ${ident(made.base.baseId, made.table.id)} (id, created_time, modified_time, version, ${ident(made.field.id)})
    select 'rec' || lpad(n::text, 14, '0'), now(), now(), 1, case when n % 10 = 0 then 'x' else n::text end
    from generate_series(1, 1200) n`);
  expect(await convert(made, "number", { options: { precision: 0 } })).toMatchObject({
    cells: 1200,
    lost: 120,
  });
  const events = await readEvents(world().db, { baseId: made.base.baseId, after: 1, limit: 10 });
  expect(events.map(({ name, recordIds }) => [name, recordIds.length])).toEqual([
    ["fields.cells-replaced", 500],
    ["fields.cells-replaced", 500],
    ["fields.cells-replaced", 200],
    ["fields.converted", 0],
  ]);
});

test("text becomes a select with the choices that it needs, each once", async () => {
  const made = await withCells(text, ["a", "b", "a", null]);
  const dry = await convert(made, "singleSelect", { dryRun: true });
  const done = await convert(made, "singleSelect");
  const choices = done.field.options["choices"] as { id: string; name: string }[];
  expect([dry.lost, done.lost]).toEqual([0, 0]);
  expect(choices.map(({ name }) => name)).toEqual(["a", "b"]);
  expect(await cells(made)).toEqual([choices[0]?.id, choices[1]?.id, choices[0]?.id, null]);
});

test("numbers become a rating by one expression, and what does not fit is counted", async () => {
  const made = await withCells(number, [1.4, 9, null]);
  const options = { icon: "star", max: 5, color: "redBright" };
  expect(await convert(made, "rating", { options, dryRun: true })).toMatchObject({
    cells: 2,
    lost: 1,
  });
  expect(await convert(made, "rating", { options })).toMatchObject({ cells: 2, lost: 1 });
  expect(await cells(made)).toEqual(["1", null, null]);
});

test("a select keeps its choices when it becomes the other select, and loses what is taken away", async () => {
  const made = await withCells(
    { name: "F", type: "singleSelect", options: { choices: [{ name: "a" }, { name: "b" }] } },
    [],
  );
  const choices = made.field.options["choices"] as { id: string; name: string }[];
  await putRow(world().db, made.table, { id: "rec1", cells: { [made.field.id]: choices[0]?.id } });
  expect((await convert(made, "multipleSelects")).field.options).toEqual(made.field.options);
  expect(await cells(made)).toEqual([`{${choices[0]?.id}}`]);
  const only = { choices: [choices[1]] };
  expect(await convert(made, "singleSelect", { options: only })).toMatchObject({
    cells: 1,
    lost: 1,
  });
  expect(await cells(made)).toEqual([null]);
});

test("what the row itself knows becomes a column", async () => {
  const made = await withCells({ name: "F", type: "autoNumber" }, ["", ""]);
  await convert(made, "number", { options: { precision: 0 } });
  expect(await cells(made)).toEqual(["1", "2"]);
  const created = await withCells({ name: "F", type: "createdTime" }, [""]);
  await convert(created, "date", { options: { dateFormat: { name: "iso" } } });
  expect(await cells(created)).toEqual(["2026-01-02"]);
});

test("a link becomes the names of what it links to, and has no other side any more", async () => {
  const scope = world().system;
  const base = await makeTestBase(scope, [
    { name: "Orders", fields: [textField("Name")] },
    { name: "Staff", fields: [textField("Name")] },
  ]);
  const { baseId } = base;
  const [orders, staff] = base.tables as [Table, Table];
  const field = await createField(scope, {
    baseId,
    tableId: orders.id,
    name: "Who",
    type: "multipleRecordLinks",
    options: { linkedTableId: staff.id },
  });
  for (const [id, name] of [
    ["recA", "Ann"],
    ["recB", 'B, "Bob"'],
  ]) {
    await putRow(world().db, staff, {
      id: id ?? "",
      cells: { [staff.primaryFieldId]: name, auto_number: id === "recA" ? 1 : 2 },
    });
  }
  await putRow(world().db, orders, {
    id: "rec1",
    cells: { [field.id]: ["recB", "recA", "recGone"] },
  });
  await convertField(scope, {
    baseId,
    tableId: orders.id,
    fieldId: field.id,
    type: "singleLineText",
  });
  expect(await cells({ base, table: orders, field })).toEqual(['"B, \\"Bob\\"", Ann']);
  const after = await loadSchema(world(), baseId);
  expect(after.tablesById.get(staff.id)?.fields.map(({ name }) => name)).toEqual(["Name"]);
  const { junction } = field.options as unknown as LinkOptions;
  const left = await world().db.all(sql`select 1 as one from pg_class where relname = ${junction}`);
  expect(left).toEqual([]);
  expect(
    await world().db.all(sql`select "Who" as who from ${ident(namedSchema(baseId), "Orders")}`),
  ).toEqual([{ who: '"B, \\"Bob\\"", Ann' }]);
});

test("a link of a table with itself becomes text", async () => {
  const scope = world().system;
  const base = await makeTestBase(scope);
  const table = firstTable(base);
  const field = await createField(scope, {
    baseId: base.baseId,
    tableId: table.id,
    name: "L",
    type: "multipleRecordLinks",
    options: { linkedTableId: table.id },
  });
  await putRow(world().db, table, {
    id: "rec1",
    cells: { [table.primaryFieldId]: "me", [field.id]: ["rec1"] },
  });
  await convert({ base, table, field }, "multilineText");
  expect(await cells({ base, table, field })).toEqual(["me"]);
});

test.each([
  ["a link", "multipleRecordLinks", {}, "records.cannot-convert"],
  ["files", "multipleAttachments", undefined, "records.cannot-convert"],
  ["what nobody writes", "autoNumber", undefined, "records.cannot-convert"],
  ["what does not exist", "nothing", undefined, "records.unknown-field-type"],
  ["a formula", "formula", { formula: "1" }, "records.cannot-convert"],
  ["a number without its precision", "number", undefined, "records.bad-field-options"],
])("text does not become %s", async (...[, type, options, code]) => {
  const made = await withCells(text, ["a"]);
  await expectRefusal(convert(made, type, { options }), code);
  await expectRefusal(convert(made, type, { options, dryRun: true }), code);
  expect(await cells(made)).toEqual(["a"]);
});

test("the primary field stays one that can be primary", async () => {
  const made = await withCells(text, []);
  const primary = { ...made, field: made.table.fields[0] as Field };
  await expectRefusal(convert(primary, "singleSelect"), "records.bad-primary-field");
  expect((await convert(primary, "multilineText")).field.type).toBe("multilineText");
});
