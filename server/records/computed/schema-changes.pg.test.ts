import { expect, test } from "vitest";
import type { ComputedState } from "../field-types/computed.ts";
import { convertField } from "../fields/convert-field.ts";
import { deleteField } from "../fields/delete-field.ts";
import { updateField } from "../fields/update-field.ts";
import type { Field } from "../schema/base-schema.ts";
import { updateTable } from "../tables/update-table.ts";
import { deleteTable } from "../tables/delete-table.ts";
import { expectRefusal } from "../testing/test-base.ts";
import { openTestWorld } from "../../kernel/testing/world.ts";
import { makeComputedBase, type ComputedBase } from "./testing/computed-base.ts";
import { afterAll, beforeAll, beforeEach } from "vitest";

let world: Awaited<ReturnType<typeof openTestWorld>>;
let base: ComputedBase;
beforeAll(async () => {
  world = await openTestWorld();
});
beforeEach(async () => {
  base = await makeComputedBase(world);
});
afterAll(async () => world.close());

function place(field: Field): { baseId: string; tableId: string; fieldId: string } {
  return { baseId: base.baseId, tableId: field.tableId, fieldId: field.id };
}

function stateOf(field: Field): ComputedState {
  return field.options;
}

async function formula(name: string, text: string): Promise<Field> {
  return base.add("Tasks", { name, type: "formula", options: { formula: text } });
}

test("renames cost nothing: the text is kept by ids", async () => {
  const { scope, create, cells } = base;
  const twice = await formula("Twice", "{Hours} * 2");
  await create("Tasks", [{ Name: "a", Hours: 2 }]);
  await updateField(scope, { ...place(await base.field("Tasks", "Hours")), name: "Stunden" });
  await updateTable(scope, { baseId: base.baseId, tableId: twice.tableId, name: "Aufgaben" });
  const hours = await base.field("Tasks", "Stunden");
  expect((await base.field("Tasks", "Twice")).options).toMatchObject({
    formula: `{${hours.id}} * 2`,
    isValid: true,
    referencedFieldIds: [hours.id],
    result: { type: "number" },
  });
  expect((await cells("Tasks"))["a"]).toMatchObject({ Twice: 4 });
});

test("changing a formula computes it anew, also where its type changes", async () => {
  const { scope, create, cells } = base;
  const field = await formula("F", "{Hours} * 2");
  await formula("G", '"<" & F & ">"');
  await create("Tasks", [{ Name: "a", Hours: 2 }]);
  await updateField(scope, { ...place(field), options: { formula: "{Hours} * 3" } });
  expect((await cells("Tasks"))["a"]).toMatchObject({ F: 6, G: "<6>" });
  await updateField(scope, { ...place(field), options: { formula: 'Name & "!"' } });
  expect((await cells("Tasks"))["a"]).toMatchObject({ F: "a!", G: "<a!>" });
  await updateField(scope, { ...place(field), options: { formula: "Due" } });
  expect((await cells("Tasks"))["a"]).not.toHaveProperty("F");
  await expectRefusal(
    updateField(scope, { ...place(field), options: { formula: "{Gone}" } }),
    "records.bad-field-options",
  );
});

test("a field that is read and deleted makes its readers invalid, with the reason, and writes go on", async () => {
  const { scope, create, cells, update } = base;
  await formula("F", "{Hours} * 2");
  await formula("G", "{F} + 1");
  const [id = ""] = await create("Tasks", [{ Name: "a", Hours: 2 }]);
  await deleteField(scope, place(await base.field("Tasks", "Hours")));
  const [f, g] = [await base.field("Tasks", "F"), await base.field("Tasks", "G")];
  expect(stateOf(f)).toMatchObject({ isValid: false, result: null });
  const reason = 'It is computed from "Hours", which has been deleted.';
  expect(stateOf(f).reason).toBe(reason);
  expect(stateOf(g)).toMatchObject({ isValid: false });
  // Later changes leave the reason alone.
  await base.add("Tasks", { name: "Later", type: "singleLineText" });
  expect(stateOf(await base.field("Tasks", "F")).reason).toBe(reason);
  expect((await cells("Tasks"))["a"]).toEqual({ Name: "a" });
  expect(await update("Tasks", id, { Name: "b" })).toEqual({ Name: "b" });
  await updateField(scope, { ...place(f), options: { formula: "LEN(Name)" } });
  expect(stateOf(await base.field("Tasks", "G")).isValid).toBe(true);
  expect((await cells("Tasks"))["b"]).toEqual({ Name: "b", F: 1, G: 2 });
});

test("links that go make what follows them invalid", async () => {
  const { scope, add, create, cells, field } = base;
  const tasks = await field("Projects", "Tasks");
  const hours = await field("Tasks", "Hours");
  await add("Projects", { name: "Count", type: "count", options: { recordLinkFieldId: tasks.id } });
  await add("Projects", {
    name: "Sum",
    type: "rollup",
    options: { recordLinkFieldId: tasks.id, fieldIdInLinkedTable: hours.id },
  });
  const [p = ""] = await create("Projects", [{ Name: "P" }]);
  await create("Tasks", [{ Name: "a", Hours: 2, Project: [p] }]);
  expect((await cells("Projects"))["P"]).toMatchObject({ Count: 1, Sum: 2 });
  await deleteTable(scope, { baseId: base.baseId, tableId: hours.tableId });
  expect((await cells("Projects"))["P"]).toEqual({ Name: "P" });
  expect(stateOf(await field("Projects", "Sum"))).toMatchObject({ isValid: false });
  expect(stateOf(await field("Projects", "Count")).reason).toBe(
    'It is computed from "Tasks", which has been deleted.',
  );
});

test("a source that changes its type takes its readers with it", async () => {
  const { scope, add, create, cells, field } = base;
  const tasks = await field("Projects", "Tasks");
  const hours = await field("Tasks", "Hours");
  const lookup = { recordLinkFieldId: tasks.id, fieldIdInLinkedTable: hours.id };
  await add("Projects", { name: "All", type: "multipleLookupValues", options: lookup });
  await add("Projects", { name: "Sum", type: "rollup", options: lookup });
  await formula("F", "{Hours} & Name");
  const [p = ""] = await create("Projects", [{ Name: "P" }]);
  await create("Tasks", [{ Name: "a", Hours: 2, Project: [p] }]);
  await convertField(scope, { ...place(hours), type: "singleLineText" });
  expect((await cells("Projects"))["P"]).toMatchObject({ All: ["2.0"], Sum: 0 });
  expect((await cells("Tasks"))["a"]).toMatchObject({ F: "2.0a" });
});

test("choices that get another name show everywhere", async () => {
  const { scope, add, create, cells, field } = base;
  const kind = await field("Tasks", "Kind");
  const tasks = await field("Projects", "Tasks");
  await formula("F", 'Kind & "?"');
  await add("Projects", {
    name: "Kinds",
    type: "multipleLookupValues",
    options: { recordLinkFieldId: tasks.id, fieldIdInLinkedTable: kind.id },
  });
  const [p = ""] = await create("Projects", [{ Name: "P" }]);
  await create("Tasks", [{ Name: "a", Kind: "Big", Project: [p] }]);
  const { choices } = kind.options as { choices: { id: string; name: string }[] };
  await updateField(scope, {
    ...place(kind),
    options: {
      choices: choices.map(({ id, name }) => ({ id, name: name === "Big" ? "Huge" : name })),
    },
  });
  expect((await cells("Tasks"))["a"]).toMatchObject({ F: "Huge?" });
  expect((await cells("Projects"))["P"]).toMatchObject({ Kinds: ["Huge"] });
});

test("what would be computed from itself is refused with the way it goes, also through links", async () => {
  const { scope, add, field } = base;
  const a = await formula("A", "1");
  await formula("B", "{A} + 1");
  const cycle = updateField(scope, { ...place(a), options: { formula: "{B}" } });
  await expect(cycle).rejects.toMatchObject({
    code: "records.formula-cycle",
    message: expect.stringContaining("Tasks.A → Tasks.B → Tasks.A"),
  });
  await expectRefusal(
    updateField(scope, { ...place(a), options: { formula: "{A}" } }),
    "records.formula-cycle",
  );
  const [tasks, project] = [await field("Projects", "Tasks"), await field("Tasks", "Project")];
  const total = await add("Projects", {
    name: "Total",
    type: "rollup",
    options: { recordLinkFieldId: tasks.id, fieldIdInLinkedTable: a.id },
  });
  const back = await add("Tasks", {
    name: "Back",
    type: "multipleLookupValues",
    options: { recordLinkFieldId: project.id, fieldIdInLinkedTable: total.id },
  });
  await expect(
    updateField(scope, { ...place(a), options: { formula: "SUM({Back})" } }),
  ).rejects.toMatchObject({
    code: "records.formula-cycle",
    message: expect.stringContaining("First.Total"),
  });
  expect(stateOf(await field("Tasks", "A")).isValid).toBe(true);
  expect(back.id).toMatch(/^fld/);
});
