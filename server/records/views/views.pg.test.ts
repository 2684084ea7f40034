import { readEvents, type UserActor } from "#kernel";
import { expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import { createField } from "../fields/create-field.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { expectRefusal, firstTable, makeTestBase, textField } from "../testing/test-base.ts";
import { viewTypes } from "./check-view.ts";
import { createView } from "./create-view.ts";
import { deleteView } from "./delete-view.ts";
import { getView, listViews } from "./read-views.ts";
import { updateView } from "./update-view.ts";

const world = testWorld();

test("views of every kind are made, changed, listed and deleted", async () => {
  const scope = world().system;
  const base = await makeTestBase(scope);
  const { baseId } = base;
  const { id: tableId, primaryFieldId } = firstTable(base);
  for (const type of viewTypes) {
    await createView(scope, { baseId, tableId, name: type, type, options: { anything: [1, "ü"] } });
  }
  const [grid, ...made] = await listViews(scope, { baseId });
  expect(made.map(({ type, options }) => [type, options])).toEqual(
    viewTypes.map((type) => [type, { anything: [1, "ü"] }]),
  );
  const options = {
    sort: [{ fieldId: primaryFieldId, direction: "desc" as const }],
    visibleFieldIds: [primaryFieldId],
  };
  const changed = await updateView(scope, { baseId, viewId: grid?.id ?? "", name: "All", options });
  expect(changed).toMatchObject({ name: "All", type: "grid", options });
  expect(await getView(scope, { baseId, viewId: changed.id })).toEqual(changed);
  for (const { id } of made) {
    await deleteView(scope, { baseId, viewId: id });
  }
  expect(await listViews(scope, { baseId })).toEqual([changed]);
  await expectRefusal(deleteView(scope, { baseId, viewId: changed.id }), "records.bad-schema");
  const events = await readEvents(world().db, { baseId, after: 1, limit: 100 });
  expect(new Set(events.map(({ name }) => name))).toEqual(
    new Set(["views.created", "views.updated", "views.deleted"]),
  );
});

test.each([
  ["a name that is taken", { name: "GRID VIEW", type: "grid" }, "records.duplicate-view-name"],
  ["no name", { name: "", type: "grid" }, "records.bad-schema"],
  ["an unknown type", { name: "V", type: "__proto__" }, "records.bad-schema"],
  [
    "a sort by nothing",
    {
      name: "V",
      type: "grid",
      options: { sort: [{ fieldId: "fldAAAAAAAAAAAAAA", direction: "asc" as const }] },
    },
    "records.bad-schema",
  ],
  [
    "a field that is not there",
    { name: "V", type: "grid", options: { visibleFieldIds: ["id"] } },
    "records.bad-schema",
  ],
  [
    "options that are too large",
    { name: "V", type: "grid", options: { text: "x".repeat(100_001) } },
    "records.bad-schema",
  ],
  [
    "NUL in the options",
    { name: "V", type: "grid", options: { text: "\0" } },
    "records.bad-schema",
  ],
  [
    "half a character in the options",
    { name: "V", type: "grid", options: { text: "\ud800" } },
    "records.bad-schema",
  ],
])("a view with %s is refused", async (_what, input, code) => {
  const base = await makeTestBase(world().system);
  const call = createView(world().system, {
    baseId: base.baseId,
    tableId: firstTable(base).id,
    ...input,
  });
  await expectRefusal(call, code);
});

test("a view of another base is not found", async () => {
  const scope = world().system;
  const [a, b] = [await makeTestBase(scope), await makeTestBase(scope)];
  const place = { baseId: a.baseId, viewId: firstTable(b).views[0]?.id ?? "" };
  await expectRefusal(
    getView(scope, place),
    "records.view-not-found",
    "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND",
  );
  await expectRefusal(updateView(scope, { ...place, name: "X" }), "records.view-not-found");
  await expectRefusal(deleteView(scope, place), "records.view-not-found");
});

test("a link forgets the view that it offered", async () => {
  const scope = world().system;
  const base = await makeTestBase(scope);
  const { baseId } = base;
  const { id: tableId } = firstTable(base);
  const view = await createView(scope, { baseId, tableId, name: "V", type: "grid" });
  const link = await createField(scope, {
    baseId,
    tableId,
    name: "L",
    type: "multipleRecordLinks",
    options: { linkedTableId: tableId, viewIdForRecordSelection: view.id },
  });
  await deleteView(scope, { baseId, viewId: view.id });
  const { viewIdForRecordSelection: _gone, ...options } = link.options;
  const after = await schemaOf(scope, baseId);
  expect(firstTable(after).fieldsById.get(link.id)?.options).toEqual(options);
});

test("nobody reads or writes views of a base that they have no role in", async () => {
  const base = await makeTestBase(world().system, [{ name: "T", fields: [textField("A")] }]);
  const stranger: UserActor = {
    kind: "user",
    userId: "usrAAAAAAAAAAAAAA",
    email: "a@example.com",
    name: "A",
    admin: false,
    credential: { kind: "session", sessionId: "sesAAAAAAAAAAAAAA" },
  };
  const scope = world().scopeFor(stranger);
  const place = { baseId: base.baseId, viewId: firstTable(base).views[0]?.id ?? "" };
  for (const call of [listViews(scope, place), getView(scope, place), deleteView(scope, place)]) {
    await expectRefusal(call, "workspaces.not-found-or-not-allowed");
  }
});
