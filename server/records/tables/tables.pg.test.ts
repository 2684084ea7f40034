import { ident, readEvents, sql, type ChangeEvent } from "#kernel";
import { expect, test } from "vitest";
import { openTestWorld, testWorld } from "../../kernel/testing/world.ts";
import { createField } from "../fields/create-field.ts";
import { deleteBase } from "../bases/delete-base.ts";
import type { BaseSchema, LinkOptions, Table } from "../schema/base-schema.ts";
import { loadSchema, schemaOf } from "../schema/schema-cache.ts";
import { expectRefusal, firstTable, makeTestBase, textField } from "../testing/test-base.ts";
import { createTable } from "./create-table.ts";
import { deleteTable } from "./delete-table.ts";
import { updateTable } from "./update-table.ts";

const world = testWorld();

async function log(schema: BaseSchema): Promise<ChangeEvent[]> {
  return readEvents(world().db, { baseId: schema.baseId, after: 0, limit: 1_000 });
}

async function relations(schema: BaseSchema): Promise<string[]> {
  const rows = await world().db.all<{ name: string }>(sql`
    select table_name as name from information_schema.tables where table_schema = ${schema.baseId}`);
  return rows.map(({ name }) => name);
}

function linkTo(table: Table, name = "Link"): { name: string; type: string; options: object } {
  return { name, type: "multipleRecordLinks", options: { linkedTableId: table.id } };
}

test("links of a new table bring their other sides, each with a free name", async () => {
  const scope = world().system;
  const base = await makeTestBase(scope, [
    { name: "Customers", fields: [textField("Name"), textField("orders")] },
  ]);
  const customers = firstTable(base);
  const orders = await createTable(scope, {
    baseId: base.baseId,
    name: "Orders",
    fields: [textField("Name"), linkTo(customers, "Buyer"), linkTo(customers, "Payer")],
  });
  const after = await schemaOf(scope, base.baseId);
  const sides = after.tablesById.get(customers.id)?.fields.slice(2) ?? [];
  expect(sides.map(({ name }) => name)).toEqual(["Orders 2", "Orders 3"]);
  const [buyer, payer] = orders.fields
    .slice(1)
    .map(({ options }) => options as unknown as LinkOptions);
  expect(sides.map(({ id }) => id)).toEqual([buyer?.inverseLinkFieldId, payer?.inverseLinkFieldId]);
  expect(sides.map(({ options }) => options)).toEqual(
    orders.fields.slice(1).map(({ id, options }) => ({
      linkedTableId: orders.id,
      inverseLinkFieldId: id,
      isReversed: false,
      prefersSingleRecordLink: false,
      junction: options["junction"],
      side: "b",
    })),
  );
  expect(await relations(base)).toEqual(expect.arrayContaining([buyer?.junction, payer?.junction]));
});

test("a table is renamed and described; its own name in another case is free", async () => {
  const scope = world().system;
  const base = await makeTestBase(scope);
  const { baseId } = base;
  const tableId = firstTable(base).id;
  const table = await updateTable(scope, {
    baseId,
    tableId,
    name: "THINGS",
    description: "All of them",
  });
  expect([table.name, table.description]).toEqual(["THINGS", "All of them"]);
  expect((await updateTable(scope, { baseId, tableId, description: null })).description).toBeNull();
  await createTable(scope, { baseId, name: "Other", fields: [textField("A")] });
  await expectRefusal(
    updateTable(scope, { baseId, tableId, name: "other" }),
    "records.duplicate-table-name",
    "DUPLICATE_TABLE_NAME",
  );
  await expectRefusal(updateTable(scope, { baseId, tableId, name: "" }), "records.bad-schema");
  await expectRefusal(
    updateTable(scope, { baseId, tableId: "tblAAAAAAAAAAAAAA", name: "X" }),
    "records.table-not-found",
    "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND",
  );
  await expectRefusal(
    updateTable(scope, { baseId, tableId: "__proto__", name: "X" }),
    "records.table-not-found",
  );
});

test("a change that changes nothing still has its entry in the log, so that there is no hole", async () => {
  const scope = world().system;
  const base = await makeTestBase(scope);
  await updateTable(scope, { baseId: base.baseId, tableId: firstTable(base).id, name: "Things" });
  await updateTable(scope, { baseId: base.baseId, tableId: firstTable(base).id, name: "Stuff" });
  const events = await log(base);
  expect(events.slice(2).map(({ txn, name }) => [txn, name])).toEqual([
    [2, "base.unchanged"],
    [3, "tables.updated"],
  ]);
  expect(events[3]?.body).toMatchObject({ before: { name: "Things" }, after: { name: "Stuff" } });
});

test("a deleted table takes the fields that link to it along", async () => {
  const scope = world().system;
  const base = await makeTestBase(scope);
  const things = firstTable(base);
  const orders = await createTable(scope, {
    baseId: base.baseId,
    name: "Orders",
    fields: [textField("Name"), linkTo(things)],
  });
  await createField(scope, { baseId: base.baseId, tableId: orders.id, ...linkTo(orders, "Self") });
  await deleteTable(scope, { baseId: base.baseId, tableId: orders.id });
  const after = await loadSchema(world(), base.baseId);
  expect(after.tables.map(({ name }) => name)).toEqual(["Things"]);
  expect(firstTable(after).fields.map(({ name }) => name)).toEqual(["Name"]);
  expect(await relations(base)).toEqual([things.id]);
  const last = (await log(base)).filter(({ txn }) => txn === 4);
  expect(last.map(({ name }) => name)).toEqual(["fields.deleted", "tables.deleted"]);
  await expectRefusal(
    deleteTable(scope, { baseId: base.baseId, tableId: things.id }),
    "records.bad-schema",
  );
});

test("of two tables with one name that are made at once, one is made", async () => {
  const base = await makeTestBase(world().system);
  const other = await openTestWorld({ url: world().url });
  try {
    const scopes = [world().system, other.system, world().system, other.system];
    const made = await Promise.allSettled(
      scopes.map((scope, at) =>
        createTable(scope, {
          baseId: base.baseId,
          name: at % 2 === 0 ? "Same" : "SAME",
          fields: [textField("A")],
        }),
      ),
    );
    expect(made.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const one of made) {
      if (one.status === "rejected") {
        expect(one.reason).toMatchObject({ code: "records.duplicate-table-name" });
      }
    }
  } finally {
    await other.close();
  }
  expect((await loadSchema(world(), base.baseId)).tables).toHaveLength(2);
  expect((await log(base)).map(({ txn }) => txn)).toEqual([1, 1, 2]);
});

test("changes from two processes are numbered without a hole, and both see both", async () => {
  const base = await makeTestBase(world().system);
  const other = await openTestWorld({ url: world().url });
  try {
    const scopes = Array.from({ length: 12 }, (_, at) => (at % 2 === 0 ? world() : other).system);
    await Promise.all(
      scopes.map((scope, at) =>
        createField(scope, {
          baseId: base.baseId,
          tableId: firstTable(base).id,
          ...textField(`F${at}`),
        }),
      ),
    );
    const txns = (await log(base)).map(({ txn }) => txn);
    expect(txns).toEqual([1, 1, ...Array.from({ length: 12 }, (_, at) => at + 2)]);
    expect(firstTable(await loadSchema(other, base.baseId)).fields).toHaveLength(13);
  } finally {
    await other.close();
  }
});

test("a table that somebody holds on to makes the change try again later", async () => {
  const scope = world().system;
  const base = await makeTestBase(scope);
  const table = firstTable(base);
  await world().db.transaction(async (tx) => {
    await tx.all(sql`select id from ${ident(base.baseId, table.id)}`);
    const call = createField(scope, { baseId: base.baseId, tableId: table.id, ...textField("B") });
    await expect(call).rejects.toMatchObject({
      kind: "unavailable",
      code: "records.schema-busy",
      details: { retryAfterS: 1 },
    });
  });
  await createField(scope, { baseId: base.baseId, tableId: table.id, ...textField("B") });
});

test("a schema is changed inside the transaction of its caller, and rolled back with it", async () => {
  const scope = world().system;
  const base = await makeTestBase(scope);
  const failure = new Error("the caller changed its mind");
  await expect(
    scope.db.transaction(async (tx) => {
      const joined = { ...scope, db: tx };
      const table = await createTable(joined, {
        baseId: base.baseId,
        name: "T",
        fields: [textField("A")],
      });
      await createField(joined, { baseId: base.baseId, tableId: table.id, ...textField("B") });
      throw failure;
    }),
  ).rejects.toBe(failure);
  expect(await loadSchema(world(), base.baseId)).toEqual(base);
});

test("bases that are gone or were never there cannot be changed", async () => {
  const scope = world().system;
  const base = await makeTestBase(scope);
  await expectRefusal(
    createTable(scope, { baseId: "appAAAAAAAAAAAAAA", name: "T", fields: [textField("A")] }),
    "records.base-not-found",
  );
  const actor = {
    kind: "user",
    userId: "usrAAAAAAAAAAAAAA",
    email: "",
    name: "",
    admin: false,
    credential: { kind: "session", sessionId: "ses" },
  } as const;
  await deleteBase(scope, base);
  for (const call of [
    createTable(world().scopeFor(actor), {
      baseId: base.baseId,
      name: "T",
      fields: [textField("A")],
    }),
    updateTable(world().scopeFor(actor), {
      baseId: base.baseId,
      tableId: firstTable(base).id,
      name: "T",
    }),
    deleteTable(world().scopeFor(actor), { baseId: base.baseId, tableId: firstTable(base).id }),
  ]) {
    await expectRefusal(call, "workspaces.not-found-or-not-allowed");
  }
});
