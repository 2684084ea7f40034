import { sql } from "#kernel";
import { createWorkspace } from "#workspaces";
import { expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import { createField } from "../fields/create-field.ts";
import type { BaseSchema, LinkOptions, Table } from "../schema/base-schema.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { expectRefusal, makeTestBase, textField } from "../testing/test-base.ts";
import { createView } from "../views/create-view.ts";
import type { BaseDefinition, FieldOfDefinition } from "./base-definition.ts";
import { createBaseFromDefinition } from "./create-base-from-definition.ts";
import { definitionOfBase } from "./definition-of-base.ts";
import { dropBase } from "./drop-base.ts";

const world = testWorld();

/** A base with selects, both kinds of links and a view that names fields. */
async function richBase(): Promise<BaseSchema> {
  const scope = world().system;
  const base = await makeTestBase(scope, [
    {
      name: "Orders",
      description: "d",
      fields: [
        textField("Name"),
        {
          name: "State",
          type: "singleSelect",
          options: { choices: [{ name: "open" }, { name: "tbl" }] },
        },
        { name: "Made", type: "createdTime" },
        { name: "Files", type: "multipleAttachments" },
      ],
    },
    { name: "Staff", fields: [textField("Name")] },
  ]);
  const { baseId } = base;
  const [orders, staff] = base.tables as [Table, Table];
  const place = { baseId, tableId: orders.id, type: "multipleRecordLinks" };
  await createField(scope, {
    ...place,
    name: "By",
    options: { linkedTableId: staff.id, viewIdForRecordSelection: staff.views[0]?.id },
  });
  await createField(scope, { ...place, name: "Next", options: { linkedTableId: orders.id } });
  const fieldId = orders.fields[1]?.id ?? "";
  const options = {
    sort: [{ fieldId, direction: "asc" as const }],
    colours: { [fieldId]: fieldId },
  };
  await createView(scope, {
    baseId,
    tableId: orders.id,
    name: "By state",
    type: "kanban",
    options,
  });
  return schemaOf(scope, baseId);
}

async function make(
  definition: BaseDefinition,
  keepIds = false,
): ReturnType<typeof createBaseFromDefinition> {
  const { id: workspaceId } = await createWorkspace(world().system, { name: "W" });
  return createBaseFromDefinition(world().system, { workspaceId, definition, keepIds });
}

/** The definition after it has been written to a file and read again. */
function written(definition: BaseDefinition): BaseDefinition {
  return JSON.parse(JSON.stringify(definition)) as BaseDefinition;
}

test("a base is made again with exactly its ids", async () => {
  const base = await richBase();
  const definition = written(definitionOfBase(base, "Rich"));
  await expectRefusal(make(definition, true), "workspaces.base-exists");
  await dropBase(world().system, base);
  await world().db.run(sql`delete from workspaces.bases where id = ${base.baseId}`);
  const { schema, ids } = await make(definition, true);
  expect(schema.tables).toEqual(base.tables);
  expect(written(definitionOfBase(schema, "Rich"))).toEqual(definition);
  expect([...ids].every(([from, to]) => from === to)).toBe(true);
});

test("a copy has ids of its own everywhere, and nothing of it points to the other base", async () => {
  const base = await richBase();
  const { schema, ids } = await make(definitionOfBase(base, "Rich"));
  const copy = JSON.stringify(schema.tables);
  for (const old of ids.keys()) {
    expect(copy).not.toContain(old);
  }
  expect(schema.tables.map(({ fields }) => fields.map(({ name, type }) => [name, type]))).toEqual(
    base.tables.map(({ fields }) => fields.map(({ name, type }) => [name, type])),
  );
  const [orders, staff] = schema.tables as [Table, Table];
  const by = orders.fieldsByName.get("By");
  const options = by?.options as unknown as LinkOptions;
  const other = staff.fieldsById.get(options.inverseLinkFieldId ?? "");
  expect(options).toMatchObject({
    linkedTableId: staff.id,
    viewIdForRecordSelection: staff.views[0]?.id,
    side: "a",
  });
  expect(other?.options).toMatchObject({
    inverseLinkFieldId: by?.id,
    junction: options.junction,
    side: "b",
  });
  expect(
    base.tables.flatMap(({ fields }) => fields.map((field) => field.options["junction"])),
  ).not.toContain(options.junction);
  const state = orders.fieldsByName.get("State")?.id ?? "";
  expect(orders.views[1]?.options).toEqual({
    sort: [{ fieldId: state, direction: "asc" }],
    colours: { [state]: state },
  });
});

const one: FieldOfDefinition = { id: "fldAAAAAAAAAAAAAA", name: "Name", type: "singleLineText" };
const two: FieldOfDefinition = { id: "fldBBBBBBBBBBBBBB", name: "Name", type: "singleLineText" };
const link: FieldOfDefinition = {
  id: "fldCCCCCCCCCCCCCC",
  name: "L",
  type: "multipleRecordLinks",
  options: { linkedTableId: "tblBBBBBBBBBBBBBB" },
};

function twoTables(
  first: readonly FieldOfDefinition[],
  second: readonly FieldOfDefinition[] = [two],
): BaseDefinition {
  return {
    id: "appAAAAAAAAAAAAAA",
    name: "B",
    tables: [
      { id: "tblAAAAAAAAAAAAAA", name: "A", fields: first },
      { id: "tblBBBBBBBBBBBBBB", name: "B", fields: second },
    ],
  };
}

test("a link whose other side is missing gets one; a table without views gets a grid", async () => {
  const { schema } = await make(
    twoTables([one, link], [two, { ...two, id: "fldDDDDDDDDDDDDDD", name: "a" }]),
  );
  expect(schema.tables[1]?.fields.map(({ name }) => name)).toEqual(["Name", "a", "A 2"]);
  expect(schema.tables.map(({ views }) => views.map(({ name }) => name))).toEqual([
    ["Grid view"],
    ["Grid view"],
  ]);
});

test("a primary field that is not the first comes first", async () => {
  const base = twoTables([{ ...link }, one]);
  const [first, second] = base.tables;
  const { schema } = await make({
    ...base,
    tables: [{ ...first, primaryFieldId: one.id } as never, second as never],
  });
  expect(schema.tables[0]?.fields.map(({ name }) => name)).toEqual(["Name", "L"]);
});

const formula = (id: string, text: string): FieldOfDefinition => ({
  id,
  name: id,
  type: "formula",
  options: { formula: text },
});

const back = (options: object): FieldOfDefinition => ({
  id: "fldDDDDDDDDDDDDDD",
  name: "Back",
  type: "multipleRecordLinks",
  options: { linkedTableId: "tblAAAAAAAAAAAAAA", ...options },
});

test.each([
  ["no tables", { id: "appAAAAAAAAAAAAAA", name: "B", tables: [] }, "records.bad-schema"],
  ["an id that is none", twoTables([{ ...one, id: "fld'; drop" }]), "records.bad-schema"],
  ["an id twice", twoTables([one], [{ ...two, id: one.id }]), "records.bad-schema"],
  [
    "a link to a table of another base",
    twoTables([one, { ...link, options: { linkedTableId: "tblZZZZZZZZZZZZZZ" } }]),
    "records.bad-field-options",
  ],
  [
    "another side that is not there",
    twoTables([
      one,
      { ...link, options: { ...link.options, inverseLinkFieldId: "fldZZZZZZZZZZZZZZ" } },
    ]),
    "records.bad-schema",
  ],
  [
    "another side that is no link",
    twoTables([one, { ...link, options: { ...link.options, inverseLinkFieldId: two.id } }]),
    "records.bad-schema",
  ],
  [
    "another side that names a third",
    twoTables(
      [one, { ...link, options: { ...link.options, inverseLinkFieldId: back({}).id } }],
      [two, back({ inverseLinkFieldId: one.id })],
    ),
    "records.bad-schema",
  ],
  ["no fields", twoTables([]), "records.bad-schema"],
  [
    "two fields with one name",
    twoTables([one, { ...link, name: "NAME" }]),
    "records.duplicate-or-empty-field-name",
  ],
  [
    "a formula without a text",
    twoTables([one, { ...two, id: "fldDDDDDDDDDDDDDD", name: "F", type: "formula" }]),
    "records.bad-field-options",
  ],
  [
    "fields computed from each other",
    twoTables([
      one,
      formula("fldDDDDDDDDDDDDDD", "{fldEEEEEEEEEEEEEE}"),
      formula("fldEEEEEEEEEEEEEE", "{fldDDDDDDDDDDDDDD}"),
    ]),
    "records.formula-cycle",
  ],
  [
    "a view of another table to choose from",
    twoTables([
      one,
      { ...link, options: { ...link.options, viewIdForRecordSelection: "viwAAAAAAAAAAAAAA" } },
    ]),
    "records.bad-field-options",
  ],
])("a definition with %s is refused and leaves nothing behind", async (_what, definition, code) => {
  await expectRefusal(make(definition, true), code);
  const left = await world().db.all(
    sql`select nspname from pg_namespace where nspname like 'appAAAAAAAAAAAAAA%'`,
  );
  expect(left).toEqual([]);
});

test("computed fields that cannot be computed come in with the reason, and those that read them too", async () => {
  const lost = { id: "fldFFFFFFFFFFFFFF", name: "Lost", type: "rollup" };
  const { schema } = await make(
    twoTables([
      one,
      formula("fldDDDDDDDDDDDDDD", 'UPPER({NAME}) & "x"'),
      formula("fldEEEEEEEEEEEEEE", "NOSUCH({fldAAAAAAAAAAAAAA})"),
      formula("fldGGGGGGGGGGGGGG", "1 + {fldEEEEEEEEEEEEEE}"),
      formula("fldHHHHHHHHHHHHHH", "1 + ({fldAAAAAAAAAAAAAA}"),
      { ...lost, options: { isValid: false, referencedFieldIds: [], result: null } },
      {
        ...lost,
        id: "fldIIIIIIIIIIIIII",
        name: "None",
        type: "count",
        options: { recordLinkFieldId: null },
      },
    ]),
  );
  const fields = schema.tables[0]?.fields ?? [];
  const reasons = fields.map(({ options }) => options["reason"]);
  expect(reasons).toEqual([
    undefined,
    undefined,
    expect.stringContaining("NOSUCH"),
    expect.stringContaining("is not valid itself"),
    expect.any(String),
    "options.recordLinkFieldId: is missing",
    "options.recordLinkFieldId: is missing",
  ]);
  const [first, upper, unknown, , open] = fields;
  expect(upper?.options).toMatchObject({
    isValid: true,
    formula: `UPPER({${first?.id}}) & "x"`,
    result: { type: "singleLineText" },
  });
  expect(unknown?.options["formula"]).toBe(`NOSUCH({${first?.id}})`);
  expect(open?.options["formula"]).toBe(`1 + ({${first?.id}}`);
});

test("ids that another base has are refused", async () => {
  const { schema } = await make(twoTables([one]));
  const taken = schema.tables[0]?.id ?? "";
  const base = twoTables([one]);
  const tables = base.tables.map((table, at) => (at === 0 ? { ...table, id: taken } : table));
  await expectRefusal(make({ ...base, tables }, true), "records.id-taken");
});
