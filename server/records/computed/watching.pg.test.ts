import { createUser } from "#identity";
import type { Scope } from "#kernel";
import { addMember, removeMember } from "#workspaces";
import { expect, test } from "vitest";
import { updateRecords } from "../rows/update-records.ts";
import { createRecords } from "../rows/create-records.ts";
import { createField } from "../fields/create-field.ts";
import { convertField } from "../fields/convert-field.ts";
import { updateField } from "../fields/update-field.ts";
import { listRecords } from "../rows/list-records.ts";
import { shape } from "../testing/linked-tables.ts";
import { actorFor, newBase, newOwner, tableNow } from "../testing/new-base.ts";
import { refreshBase, refreshVolatile } from "./refresh-volatile.ts";
import { computedBase, makeComputedBase } from "./testing/computed-base.ts";
import { txnOf } from "./testing/txn.sql.ts";

const base = computedBase();

test("times of change and authors of chosen fields", async () => {
  const { add, create, cells, update, field, world } = base();
  world.setClock(new Date("2024-05-01T10:00:00.000Z"));
  await create("Tasks", [{ Name: "before", Hours: 1 }]);
  world.setClock(new Date("2024-05-02T10:00:00.000Z"));
  const hours = await field("Tasks", "Hours");
  const options = { referencedFieldIds: [hours.id] };
  await add("Tasks", { name: "When", type: "lastModifiedTime", options });
  await add("Tasks", { name: "Who", type: "lastModifiedBy", options });
  await add("Tasks", {
    name: "F",
    type: "formula",
    options: { formula: "LAST_MODIFIED_TIME({Hours})" },
  });
  await add("Tasks", { name: "G", type: "formula", options: { formula: "LAST_MODIFIED_TIME()" } });
  const [id = "", empty = ""] = await create("Tasks", [{ Name: "a", Hours: 1 }, { Name: "b" }]);
  const second = "2024-05-02T10:00:00.000Z";
  expect(await cells("Tasks")).toMatchObject({
    before: { When: "2024-05-01T10:00:00.000Z" },
    a: { When: second, Who: { name: "Ada" }, F: second, G: second },
  });
  expect((await cells("Tasks"))["b"]).not.toHaveProperty("When");
  world.setClock(new Date("2024-05-03T10:00:00.000Z"));
  expect(await update("Tasks", id, { Name: "aa" })).toMatchObject({
    When: second,
    F: second,
    G: "2024-05-03T10:00:00.000Z",
  });
  expect(await update("Tasks", empty, { Hours: 2 })).toMatchObject({
    When: "2024-05-03T10:00:00.000Z",
    Who: { name: "Ada" },
    F: "2024-05-03T10:00:00.000Z",
  });
  expect((await field("Tasks", "When")).options).toMatchObject({
    isValid: true,
    referencedFieldIds: [hours.id],
  });
  world.setClock(null);
});

test("a button is always there, with its address", async () => {
  const { add, create, cells, update } = base();
  await add("Tasks", { name: "Bare", type: "button" });
  await add("Tasks", {
    name: "Go",
    type: "button",
    options: { label: "Go!", formula: '"https://x.test/?q=" & ENCODE_URL_COMPONENT(Name)' },
  });
  const [id = ""] = await create("Tasks", [{ Name: "a b" }]);
  expect((await cells("Tasks"))["a b"]).toMatchObject({
    Bare: { label: "Open", url: null },
    Go: { label: "Go!", url: "https://x.test/?q=a%20b" },
  });
  expect(await update("Tasks", id, { Name: "c" })).toMatchObject({
    Go: { url: "https://x.test/?q=c" },
  });
});

test("what follows the clock is refreshed, and only where it changed", async () => {
  const { add, create, cells, world } = base();
  world.setClock(new Date("2024-06-01T10:00:00.000Z"));
  await add("Tasks", { name: "Today", type: "formula", options: { formula: "DATESTR(TODAY())" } });
  await add("Tasks", {
    name: "Late",
    type: "formula",
    options: { formula: 'IF(IS_BEFORE(Due, TODAY()), "late", "fine")' },
  });
  await add("Tasks", { name: "Twice late", type: "formula", options: { formula: "Late & Late" } });
  await create("Tasks", [{ Name: "v", Due: "2024-06-01" }]);
  expect((await cells("Tasks"))["v"]).toMatchObject({
    Today: "2024-06-01",
    Late: "fine",
    "Twice late": "finefine",
  });
  world.setClock(new Date("2024-06-02T00:00:01.000Z"));
  await refreshVolatile(world.system);
  expect((await cells("Tasks"))["v"]).toMatchObject({
    Today: "2024-06-02",
    Late: "late",
    "Twice late": "latelate",
  });
  const { txn: before } = await world.db.one<{ txn: number }>(txnOf(base().baseId));
  await refreshVolatile(world.system);
  const { txn: after } = await world.db.one<{ txn: number }>(txnOf(base().baseId));
  expect(after).toBe(before);
  world.setClock(null);
});

test("people stand in formulas by their names", async () => {
  const { add, create, cells } = base();
  await add("Tasks", { name: "Maker", type: "createdBy" });
  await add("Tasks", { name: "By", type: "formula", options: { formula: '"by " & Maker' } });
  await create("Tasks", [{ Name: "p" }]);
  expect((await cells("Tasks"))["p"]).toMatchObject({ By: "by Ada" });
});

test("people who have left keep their names in formulas", async () => {
  const { world } = base();
  const { scope, workspaceId } = await newOwner(world);
  const guest = await createUser(world.system, {
    email: `bo-${Math.random()}@basalt.test`,
    name: "Bo",
  });
  const early = await createUser(world.system, {
    email: `cy-${Math.random()}@basalt.test`,
    name: "Cy",
  });
  const place = { workspaceId };
  for (const { id: userId } of [guest, early]) {
    await addMember(world.system, place, { userId, role: "editor" });
  }
  const { baseId, table } = await newBase(scope, workspaceId, [
    { name: "Name", type: "singleLineText" },
    { name: "Owner", type: "singleCollaborator" },
  ]);
  const tableId = table.id;
  const write = async (as: Scope, fields: Readonly<Record<string, unknown>>): Promise<void> => {
    const now = await tableNow(scope, baseId, tableId);
    await createRecords(as, { table: now, rows: [{ fields }], typecast: false, shape });
  };
  // Leaves before anything is computed.
  await write(world.scopeFor(actorFor(early)), { Name: "early" });
  await removeMember(world.system, place, early.id);
  await createField(scope, { baseId, tableId, name: "Maker", type: "createdBy" });
  await createField(scope, {
    baseId,
    tableId,
    name: "By",
    type: "formula",
    options: { formula: 'Maker & "/" & Owner' },
  });
  await write(world.scopeFor(actorFor(guest)), { Name: "late", Owner: { id: guest.id } });
  await removeMember(world.system, place, guest.id);
  const shown = async (): Promise<unknown> => {
    const now = await tableNow(scope, baseId, tableId);
    const { records } = await listRecords(scope, { table: now, shape, pageSize: 10 });
    return records.map((json) => JSON.parse(json).fields.By);
  };
  expect(await shown()).toEqual(["Cy/", "Bo/Bo"]);
  await refreshBase(world.system, baseId);
  const [first = "", second = ""] = (
    await listRecords(scope, { table: await tableNow(scope, baseId, tableId), shape, pageSize: 9 })
  ).records.map((json) => JSON.parse(json).id as string);
  await updateRecords(scope, {
    table: await tableNow(scope, baseId, tableId),
    rows: [first, second].map((id) => ({ id, fields: { Name: "changed" } })),
    typecast: false,
    shape,
    replace: false,
    single: false,
  });
  expect(await shown()).toEqual(["Cy/", "Bo/Bo"]);
});

test("a choice that a write makes shows in the same answer, also in lookups", async () => {
  const { add, create, cells, scope, table, field } = base();
  const [tasks, kind] = [await field("Projects", "Tasks"), await field("Tasks", "Kind")];
  await add("Tasks", { name: "K", type: "formula", options: { formula: 'Kind & "?"' } });
  await add("Projects", {
    name: "Kinds",
    type: "multipleLookupValues",
    options: { recordLinkFieldId: tasks.id, fieldIdInLinkedTable: kind.id },
  });
  const [p = ""] = await create("Projects", [{ Name: "choices" }]);
  const written = await createRecords(scope, {
    table: await table("Tasks"),
    rows: [{ fields: { Name: "new", Kind: "Tiny", Project: [p] } }],
    typecast: true,
    shape,
  });
  expect(JSON.parse(written.records[0] ?? "").fields).toMatchObject({ Kind: "Tiny", K: "Tiny?" });
  expect((await cells("Projects"))["choices"]).toMatchObject({ Kinds: ["Tiny"] });
  const updated = await updateRecords(scope, {
    table: await table("Tasks"),
    rows: [{ id: written.ids[0] ?? "", fields: { Kind: "Giant" } }],
    typecast: true,
    shape,
    replace: false,
    single: true,
  });
  expect(JSON.parse(updated.records[0] ?? "").fields).toMatchObject({ Kind: "Giant", K: "Giant?" });
  expect((await cells("Projects"))["choices"]).toMatchObject({ Kinds: ["Giant"] });
});

test("a formula can be shown as money, and becomes plain text", async () => {
  const { add, create, cells, scope, field, baseId } = base();
  const made = await add("Tasks", {
    name: "Price",
    type: "formula",
    options: {
      formula: "{Hours} * 10",
      result: { type: "currency", options: { precision: 2, symbol: "€" } },
    },
  });
  expect(made.options).toMatchObject({ result: { type: "currency", options: { symbol: "€" } } });
  await create("Tasks", [{ Name: "money", Hours: 2 }]);
  const place = { baseId, tableId: made.tableId, fieldId: made.id };
  await updateField(scope, { ...place, name: "Cost" });
  await convertField(scope, { ...place, type: "singleLineText" });
  expect((await cells("Tasks"))["money"]).toMatchObject({ Cost: "€20.00" });
  expect((await field("Tasks", "Cost")).type).toBe("singleLineText");
});

test("a filter that asks when records were changed follows their changes", async () => {
  const { add, create, cells, update, field, world } = base();
  world.setClock(new Date("2024-07-01T10:00:00.000Z"));
  const [link, hours] = [await field("Projects", "Tasks"), await field("Tasks", "Hours")];
  const of = { recordLinkFieldId: link.id };
  const changed = "LAST_MODIFIED_TIME() > '2024-07-02'";
  const watched = "LAST_MODIFIED_TIME({Hours}) > '2024-07-02'";
  const source = { ...of, fieldIdInLinkedTable: hours.id };
  await add("Projects", {
    name: "Any",
    type: "count",
    options: { ...of, filterByFormula: changed },
  });
  await add("Projects", {
    name: "Watched",
    type: "count",
    options: { ...of, filterByFormula: watched },
  });
  await add("Projects", {
    name: "Changed hours",
    type: "rollup",
    options: { ...source, formula: "SUM(values)", filterByFormula: changed },
  });
  await add("Projects", {
    name: "Watched hours",
    type: "multipleLookupValues",
    options: { ...source, filterByFormula: watched },
  });
  const [p = ""] = await create("Projects", [{ Name: "filtered" }]);
  const [one = "", two = ""] = await create("Tasks", [
    { Name: "f1", Hours: 1, Project: [p] },
    { Name: "f2", Hours: 2, Project: [p] },
  ]);
  const project = async (): Promise<unknown> => (await cells("Projects"))["filtered"];
  expect(await project()).toMatchObject({ Any: 0, Watched: 0, "Changed hours": 0 });
  world.setClock(new Date("2024-07-03T10:00:00.000Z"));
  await update("Tasks", one, { Name: "f1 again" });
  expect(await project()).toMatchObject({ Any: 1, Watched: 0, "Changed hours": 1 });
  await update("Tasks", two, { Hours: 4 });
  expect(await project()).toMatchObject({
    Any: 2,
    Watched: 1,
    "Changed hours": 5,
    "Watched hours": [4],
  });
  world.setClock(null);
});

test("times of change are kept for another table's filter alone", async () => {
  const { world } = base();
  const other = await makeComputedBase(world);
  const { add, create, cells, update, field } = other;
  world.setClock(new Date("2024-07-01T10:00:00.000Z"));
  const link = await field("Projects", "Tasks");
  await add("Projects", {
    name: "Watched",
    type: "count",
    options: {
      recordLinkFieldId: link.id,
      filterByFormula: "LAST_MODIFIED_TIME({Hours}) > '2024-07-02'",
    },
  });
  const [p = ""] = await create("Projects", [{ Name: "P" }]);
  const [one = ""] = await create("Tasks", [{ Name: "t", Hours: 1, Project: [p] }]);
  world.setClock(new Date("2024-07-03T10:00:00.000Z"));
  await update("Tasks", one, { Name: "tt" });
  expect((await cells("Projects"))["P"]).toMatchObject({ Watched: 0 });
  await update("Tasks", one, { Hours: 2 });
  expect((await cells("Projects"))["P"]).toMatchObject({ Watched: 1 });
  world.setClock(null);
});
