import { newId, readEvents, type Scope } from "#kernel";
import { expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import type { BaseSchema, Field, Table } from "../schema/base-schema.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { expectRefusal, firstTable, makeTestBase, textField } from "../testing/test-base.ts";
import { addChoices } from "./add-choices.ts";
import { createField } from "./create-field.ts";
import { updateField } from "./update-field.ts";

const world = testWorld();

function choicesOf(field: Field | undefined): { id: string; name: string; color: string }[] {
  return (field?.options["choices"] ?? []) as { id: string; name: string; color: string }[];
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

test("a field is renamed, described and set up", async () => {
  const scope = world().system;
  const { baseId, tableId, table } = await things();
  const field = await createField(scope, {
    baseId,
    tableId,
    name: "N",
    type: "number",
    options: { precision: 2 },
  });
  const place = { baseId, tableId, fieldId: field.id };
  const changed = await updateField(scope, {
    ...place,
    name: "n",
    description: "d",
    options: { precision: 0 },
  });
  expect(changed).toEqual({ ...field, name: "n", description: "d", options: { precision: 0 } });
  expect((await updateField(scope, { ...place, description: "" })).description).toBeNull();
  await expectRefusal(
    updateField(scope, { ...place, name: "NAME" }),
    "records.duplicate-or-empty-field-name",
  );
  await expectRefusal(
    updateField(scope, { ...place, options: { precision: -1 } }),
    "records.bad-field-options",
  );
  await expectRefusal(updateField(scope, { ...place, options: null }), "records.bad-field-options");
  const events = await readEvents(world().db, { baseId, after: 2, limit: 10 });
  expect(events.map(({ name, fieldIds }) => [name, fieldIds])).toEqual([
    ["fields.updated", [field.id]],
    ["fields.updated", [field.id]],
  ]);
  expect(events[0]?.body).toEqual({ before: field, after: changed });
  expect(table.fields).toHaveLength(1);
});

test("choices are added, renamed, recoloured, moved and removed by one list", async () => {
  const scope = world().system;
  const { baseId, tableId } = await things();
  const made = await createField(scope, {
    baseId,
    tableId,
    name: "S",
    type: "singleSelect",
    options: { choices: [{ name: "a" }, { name: "b" }, { name: "c" }] },
  });
  const [a, b] = choicesOf(made);
  const place = { baseId, tableId, fieldId: made.id };
  const changed = await updateField(scope, {
    ...place,
    options: {
      choices: [
        { name: "new" },
        { id: b?.id, name: "B", color: "grayDark1" },
        { id: a?.id, name: "a" },
      ],
    },
  });
  expect(
    choicesOf(changed).map(({ id, name, color }) => [id === b?.id || id === a?.id, name, color]),
  ).toEqual([
    [false, "new", "blueLight2"],
    [true, "B", "grayDark1"],
    [true, "a", a?.color],
  ]);
  const foreign = { choices: [{ id: newId("sel"), name: "x" }] };
  await expectRefusal(
    updateField(scope, { ...place, options: foreign }),
    "records.bad-field-options",
  );
  const strict = { ...scope, config: { ...world().config, strictAirtable: true } };
  await expectRefusal(
    updateField(strict, { ...place, options: { choices: [] } }),
    "records.bad-field-options",
  );
});

test("typecast adds choices inside a write; the schema has a new version from then on", async () => {
  const scope = world().system;
  const { baseId, tableId } = await things();
  const field = await createField(scope, {
    baseId,
    tableId,
    name: "S",
    type: "singleSelect",
    options: { choices: [{ name: "a" }] },
  });
  const schema = await schemaOf(scope, baseId);
  const notes: { readonly name: string }[] = [];
  const id = newId("sel");
  await scope.db.transaction(async (tx) => {
    const change = {
      scope,
      tx,
      schema,
      note: (event: { readonly name: string }) => void notes.push(event),
    };
    await addChoices(change, field, new Map([["b", id]]));
  });
  const after = await schemaOf(scope, baseId);
  expect(after.version).toBe(schema.version + 1);
  const now = after.tablesById.get(tableId)?.fieldsById.get(field.id);
  expect(choicesOf(now).map(({ name }) => name)).toEqual(["a", "b"]);
  expect(choicesOf(now)[1]).toMatchObject({ id, color: "cyanLight2" });
  expect(notes.map(({ name }) => name)).toEqual(["fields.updated"]);
});

test("a link keeps its junction when it is set up anew, and cannot move to another table", async () => {
  const scope = world().system;
  const base = await makeTestBase(scope, [
    { name: "A", fields: [textField("Name")] },
    { name: "B", fields: [textField("Name")] },
  ]);
  const [a, b] = base.tables as [Table, Table];
  const place = { baseId: base.baseId, tableId: a.id };
  const link = await createField(scope, {
    ...place,
    name: "L",
    type: "multipleRecordLinks",
    options: { linkedTableId: b.id },
  });
  const fieldId = link.id;
  const changed = await updateField(scope, {
    ...place,
    fieldId,
    options: { linkedTableId: b.id, prefersSingleRecordLink: true },
  });
  expect(changed.options).toEqual({ ...link.options, prefersSingleRecordLink: true });
  await expectRefusal(
    updateField(scope, { ...place, fieldId, options: { linkedTableId: a.id } }),
    "records.bad-field-options",
  );
  await expectRefusal(
    updateField(scope, { ...place, fieldId, options: { linkedTableId: b.id, junction: "lnkx" } }),
    "records.bad-field-options",
  );
});
