import { ident, sql, type Sql } from "#kernel";
import { expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import { createField } from "../fields/create-field.ts";
import { deleteField } from "../fields/delete-field.ts";
import { updateField } from "../fields/update-field.ts";
import { createTable } from "../tables/create-table.ts";
import { deleteTable } from "../tables/delete-table.ts";
import { updateTable } from "../tables/update-table.ts";
import {
  expectRefusal,
  firstTable,
  makeTestBase,
  putRow,
  textField,
} from "../testing/test-base.ts";
import { namedSchema, readerRole, type BaseSchema, type Field, type Table } from "./base-schema.ts";

const world = testWorld();

/** What a reader gets from a view, columns in order. */
async function read(schema: BaseSchema, view: string): Promise<Record<string, unknown>[]> {
  return world().db.transaction(async (tx) => {
    await tx.script(sql`set local role ${ident(readerRole(schema.baseId))}`.text);
    return tx.all(sql`table ${ident(namedSchema(schema.baseId), view)}`);
  });
}

const views = (schema: BaseSchema): Sql => sql`
  select table_name as name from information_schema.views where table_schema = ${namedSchema(schema.baseId)} order by 1`;

async function viewsOf(schema: BaseSchema): Promise<string[]> {
  const rows = await world().db.all<{ name: string }>(views(schema));
  return rows.map(({ name }) => name);
}

function named(table: Table, name: string): Field {
  const field = table.fieldsByName.get(name);
  if (field === undefined) {
    throw new Error(`no field ${name}`);
  }
  return field;
}

const system = [
  "record_id",
  "record_number",
  "record_created_time",
  "record_modified_time",
] as const;

test("choices are shown by name, links as ids, check boxes as true and false", async () => {
  const scope = world().system;
  const choices = [{ name: "it's" }, { name: 'a"b\\' }, { name: "{c,d}" }];
  const schema = await makeTestBase(scope, [
    {
      name: "Things",
      fields: [
        textField("Name"),
        { name: "One", type: "singleSelect", options: { choices } },
        { name: "Some", type: "multipleSelects", options: { choices } },
        { name: "None", type: "multipleSelects", options: { choices: [] } },
        { name: "Done", type: "checkbox", options: { icon: "check", color: "redBright" } },
        { name: "Made", type: "createdTime" },
        { name: "No", type: "autoNumber" },
      ],
    },
  ]);
  const table = firstTable(schema);
  const ids = (named(table, "Some").options["choices"] as { id: string }[]).map(({ id }) => id);
  const oneIds = (named(table, "One").options["choices"] as { id: string }[]).map(({ id }) => id);
  await putRow(world().db, table, {
    id: "rec1",
    cells: {
      [named(table, "Name").id]: "n",
      [named(table, "One").id]: oneIds[1],
      [named(table, "Some").id]: [ids[2], "selGone", ids[0]],
      [named(table, "None").id]: ["selGone"],
    },
  });
  expect(await read(schema, "Things")).toEqual([
    {
      record_id: "rec1",
      record_number: 7,
      record_created_time: new Date("2026-01-02T03:04:05Z"),
      record_modified_time: new Date("2026-01-02T03:04:05Z"),
      Name: "n",
      One: 'a"b\\',
      Some: ["{c,d}", "it's"],
      None: null,
      Done: false,
      Made: new Date("2026-01-02T03:04:05Z"),
      No: 7,
    },
  ]);
  await updateField(scope, {
    baseId: schema.baseId,
    tableId: table.id,
    fieldId: named(table, "One").id,
    options: { choices: [{ id: oneIds[1], name: "renamed" }] },
  });
  expect((await read(schema, "Things"))[0]?.["One"]).toBe("renamed");
});

test("names that are hostile, too long or taken give views that can be read", async () => {
  const scope = world().system;
  const long = "ä".repeat(100);
  const names = [
    'a"b; drop table x;--',
    "__proto__",
    "ctid",
    long,
    `${long}!`,
    "record_id",
    "👩‍👩‍👧",
    "select",
    "line\nbreak",
    "'",
  ];
  const schema = await makeTestBase(
    scope,
    names.map((name) => ({ name, fields: names.map(textField) })),
  );
  const cut = "ä".repeat(31);
  const shown = names.map((name) =>
    name === long ? cut : name === `${long}!` ? `${"ä".repeat(30)} 2` : name,
  );
  expect((await viewsOf(schema)).toSorted()).toEqual(shown.toSorted());
  for (const view of shown) {
    await putRow(world().db, schema.tables[shown.indexOf(view)] as Table, {
      id: "rec1",
      cells: {},
    });
    const [row] = await read(schema, view);
    const own = new Set(Object.keys(row ?? {}));
    // A driver may not show a column named __proto__; that it can be selected is what counts.
    await world().db.all(
      sql`select "__proto__" as proto, "ctid" as c from ${ident(namedSchema(schema.baseId), view)}`,
    );
    for (const name of [...shown, "record_id 2"].filter((one) => one !== "__proto__")) {
      expect(own).toContain(name);
    }
  }
});

test("views follow every change of the schema", async () => {
  const scope = world().system;
  const schema = await makeTestBase(scope, [
    { name: "One", fields: [textField("Name"), textField("B")] },
    { name: "Two", fields: [textField("Name")] },
  ]);
  const { baseId } = schema;
  const [one, two] = schema.tables as [Table, Table];
  const columns = async (view: string): Promise<string[]> => {
    const rows = await world().db.all<{ name: string }>(sql`
      select column_name as name from information_schema.columns
      where table_schema = ${namedSchema(baseId)} and table_name = ${view} order by ordinal_position`);
    return rows.map(({ name }) => name);
  };
  await createField(scope, { baseId, tableId: one.id, ...textField("C") });
  expect(await columns("One")).toEqual([...system, "Name", "B", "C"]);
  await updateField(scope, { baseId, tableId: one.id, fieldId: named(one, "B").id, name: "A" });
  expect(await columns("One")).toEqual([...system, "Name", "A", "C"]);
  await deleteField(scope, { baseId, tableId: one.id, fieldId: named(one, "B").id });
  expect(await columns("One")).toEqual([...system, "Name", "C"]);
  await updateTable(scope, { baseId, tableId: one.id, name: "Uno" });
  await updateTable(scope, { baseId, tableId: two.id, name: "One" });
  expect(await viewsOf(schema)).toEqual(["One", "Uno"]);
  expect(await columns("Uno")).toEqual([...system, "Name", "C"]);
  await createTable(scope, { baseId, name: "Three", fields: [textField("Name")] });
  await deleteTable(scope, { baseId, tableId: two.id });
  expect(await viewsOf(schema)).toEqual(["Three", "Uno"]);
});

test("something built on a view survives new fields and stops what would break it", async () => {
  const scope = world().system;
  const schema = await makeTestBase(scope, [
    { name: "T", fields: [textField("A"), textField("B")] },
  ]);
  const { baseId } = schema;
  const table = firstTable(schema);
  await world().db.script(
    sql`create schema if not exists reports; create view reports.mine as select "A" from ${ident(namedSchema(baseId), "T")}`
      .text,
  );
  await createField(scope, { baseId, tableId: table.id, ...textField("C") });
  await expectRefusal(
    deleteField(scope, { baseId, tableId: table.id, fieldId: named(table, "B").id }),
    "records.named-view-in-use",
  );
  await world().db.script("drop view reports.mine");
  await deleteField(scope, { baseId, tableId: table.id, fieldId: named(table, "B").id });
});
