import { sql, type Scope } from "#kernel";
import { expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import type { BaseSchema, LinkOptions, Table } from "../schema/base-schema.ts";
import { loadSchema, schemaOf } from "../schema/schema-cache.ts";
import { expectRefusal, firstTable, makeTestBase, textField } from "../testing/test-base.ts";
import { createView } from "../views/create-view.ts";
import { getView } from "../views/read-views.ts";
import { createField } from "./create-field.ts";
import { deleteField } from "./delete-field.ts";
import { updateField } from "./update-field.ts";

const world = testWorld();

async function columns(schema: BaseSchema, tableId: string): Promise<Record<string, string>> {
  const rows = await world().db.all<{ name: string; type: string }>(sql`
    select column_name as name, udt_name as type from information_schema.columns
    where table_schema = ${schema.baseId} and table_name = ${tableId} and column_name like 'fld%'`);
  return Object.fromEntries(rows.map(({ name, type }) => [name, type]));
}

async function things(scope: Scope = world().system): Promise<{
  readonly baseId: string;
  readonly tableId: string;
  readonly base: BaseSchema;
  readonly table: Table;
}> {
  const base = await makeTestBase(scope);
  const table = firstTable(base);
  return { baseId: base.baseId, tableId: table.id, base, table };
}

const kinds: readonly (readonly [string, unknown, string | null])[] = [
  ["singleLineText", undefined, "text"],
  ["multilineText", {}, "text"],
  ["richText", undefined, "text"],
  ["email", undefined, "text"],
  ["url", undefined, "text"],
  ["phoneNumber", undefined, "text"],
  ["number", { precision: 2 }, "float8"],
  ["currency", { precision: 2, symbol: "€" }, "float8"],
  ["percent", { precision: 0 }, "float8"],
  ["duration", { durationFormat: "h:mm" }, "float8"],
  ["rating", { icon: "star", max: 5, color: "redBright" }, "int2"],
  ["checkbox", { icon: "check", color: "redBright" }, "bool"],
  ["singleSelect", { choices: [{ name: "a" }] }, "text"],
  ["multipleSelects", { choices: [] }, "_text"],
  ["date", { dateFormat: { name: "iso" } }, "date"],
  ["singleCollaborator", undefined, "text"],
  ["multipleCollaborators", undefined, "_text"],
  ["multipleAttachments", undefined, "jsonb"],
  ["barcode", undefined, "jsonb"],
  ["autoNumber", undefined, null],
  ["createdTime", undefined, null],
  ["lastModifiedTime", {}, null],
  ["createdBy", undefined, null],
  ["lastModifiedBy", undefined, null],
];

test("a field of every type has the column that its type says", async () => {
  const { baseId, tableId, base } = await things();
  const expected: Record<string, string> = { [firstTable(base).primaryFieldId]: "text" };
  for (const [type, options, column] of kinds) {
    const field = await createField(world().system, { baseId, tableId, name: type, type, options });
    if (column !== null) {
      expected[field.id] = column;
    }
  }
  expect(await columns(base, tableId)).toEqual(expected);
});

test("a link adds its other side; a link of a table to itself has none", async () => {
  const scope = world().system;
  const base = await makeTestBase(scope, [
    { name: "A", fields: [textField("Name")] },
    { name: "B", fields: [textField("Name"), textField("a")] },
  ]);
  const { baseId } = base;
  const [a, b] = base.tables as [Table, Table];
  const link = await createField(scope, {
    baseId,
    tableId: a.id,
    name: "To B",
    type: "multipleRecordLinks",
    options: {
      linkedTableId: b.id,
      prefersSingleRecordLink: true,
      viewIdForRecordSelection: b.views[0]?.id,
    },
  });
  const self = await createField(scope, {
    baseId,
    tableId: a.id,
    name: "Self",
    type: "multipleRecordLinks",
    options: { linkedTableId: a.id },
  });
  const after = await schemaOf(scope, baseId);
  const options = link.options as unknown as LinkOptions;
  expect(options).toMatchObject({ linkedTableId: b.id, prefersSingleRecordLink: true, side: "a" });
  const other = after.tablesById.get(b.id)?.fieldsById.get(options.inverseLinkFieldId ?? "");
  expect(other).toMatchObject({
    name: "A 2",
    options: { linkedTableId: a.id, side: "b", junction: options.junction },
  });
  expect(self.options).not.toHaveProperty("inverseLinkFieldId");
  expect(await columns(base, b.id)).toMatchObject({ [other?.id ?? ""]: "_text" });
  await deleteField(scope, { baseId, tableId: b.id, fieldId: other?.id ?? "" });
  await deleteField(scope, { baseId, tableId: a.id, fieldId: self.id });
  const left = await loadSchema(world(), baseId);
  expect(left.tables.map(({ fields }) => fields.map(({ name }) => name))).toEqual([
    ["Name"],
    ["Name", "a"],
  ]);
  const tables = await world().db.one<{ count: number }>(sql`
    select count(*) as count from information_schema.tables where table_schema = ${baseId}`);
  expect(tables.count).toBe(2);
});

test.each([
  [
    "a name that is taken",
    { name: "NAME", type: "singleLineText" },
    "records.duplicate-or-empty-field-name",
    "DUPLICATE_OR_EMPTY_FIELD_NAME",
  ],
  [
    "no name",
    { name: "", type: "singleLineText" },
    "records.duplicate-or-empty-field-name",
    "DUPLICATE_OR_EMPTY_FIELD_NAME",
  ],
  [
    "spaces for a name",
    { name: "  \u00a0", type: "singleLineText" },
    "records.duplicate-or-empty-field-name",
    undefined,
  ],
  [
    "NUL in the description",
    { name: "B", type: "singleLineText", description: "\0" },
    "records.bad-schema",
    undefined,
  ],
  [
    "aiText",
    { name: "B", type: "aiText" },
    "records.unsupported-field-type",
    "UNSUPPORTED_FIELD_TYPE_FOR_CREATE",
  ],
  [
    "externalSyncSource",
    { name: "B", type: "externalSyncSource" },
    "records.unsupported-field-type",
    "UNSUPPORTED_FIELD_TYPE_FOR_CREATE",
  ],
  [
    "a formula that is none",
    { name: "B", type: "formula", options: { formula: "1 +" } },
    "records.bad-field-options",
    "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE",
  ],
  [
    "options where there are none",
    { name: "B", type: "email", options: { a: 1 } },
    "records.bad-field-options",
    "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE",
  ],
  [
    "options that are a list",
    { name: "B", type: "number", options: [] },
    "records.bad-field-options",
    undefined,
  ],
  [
    "a link to nowhere",
    { name: "B", type: "multipleRecordLinks", options: { linkedTableId: "tbl" } },
    "records.bad-field-options",
    undefined,
  ],
  [
    "a choice twice",
    { name: "B", type: "singleSelect", options: { choices: [{ name: "a" }, { name: "a" }] } },
    "records.bad-field-options",
    undefined,
  ],
])("a field with %s is refused", async (...[, input, code, type]) => {
  const { baseId, tableId } = await things();
  await expectRefusal(createField(world().system, { baseId, tableId, ...input }), code, type);
});

test("a link may not offer records of a view of another table", async () => {
  const { baseId, tableId } = await things();
  const options = { linkedTableId: tableId, viewIdForRecordSelection: "viwAAAAAAAAAAAAAA" };
  await expectRefusal(
    createField(world().system, {
      baseId,
      tableId,
      name: "L",
      type: "multipleRecordLinks",
      options,
    }),
    "records.bad-field-options",
  );
});

test("a field of another base is not found", async () => {
  const [a, b] = [await things(), await things()];
  const fieldId = b.table.primaryFieldId;
  await expectRefusal(
    createField(world().system, { ...a, tableId: b.tableId, ...textField("X") }),
    "records.table-not-found",
  );
  await expectRefusal(
    updateField(world().system, { ...a, fieldId, name: "X" }),
    "records.field-not-found",
  );
  await expectRefusal(deleteField(world().system, { ...a, fieldId }), "records.field-not-found");
});

test("the 501st field is refused, also as the other side of a link", async () => {
  const scope = world().system;
  const base = await makeTestBase(scope, [
    { name: "Full", fields: Array.from({ length: 500 }, (_, at) => textField(`F${at}`)) },
    { name: "Free", fields: [textField("Name")] },
  ]);
  const [full, free] = base.tables as [Table, Table];
  await expectRefusal(
    createField(scope, { baseId: base.baseId, tableId: full.id, ...textField("X") }),
    "records.schema-limit",
  );
  const options = { linkedTableId: full.id };
  await expectRefusal(
    createField(scope, {
      baseId: base.baseId,
      tableId: free.id,
      name: "L",
      type: "multipleRecordLinks",
      options,
    }),
    "records.schema-limit",
  );
});

test("the primary field stays; views forget a field that goes", async () => {
  const scope = world().system;
  const { baseId, tableId, table } = await things();
  const field = await createField(scope, { baseId, tableId, ...textField("B") });
  const view = await createView(scope, {
    baseId,
    tableId,
    name: "V",
    type: "grid",
    options: {
      sort: [{ fieldId: field.id, direction: "asc" }],
      visibleFieldIds: [field.id, table.primaryFieldId],
    },
  });
  await expectRefusal(
    deleteField(scope, { baseId, tableId, fieldId: table.primaryFieldId }),
    "records.bad-schema",
  );
  await deleteField(scope, { baseId, tableId, fieldId: field.id });
  const { options } = await getView(scope, { baseId, viewId: view.id });
  expect(options).toEqual({ sort: [], visibleFieldIds: [table.primaryFieldId] });
  await expectRefusal(
    deleteField(scope, { baseId, tableId, fieldId: field.id }),
    "records.field-not-found",
  );
});
