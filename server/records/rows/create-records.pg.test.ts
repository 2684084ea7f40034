import { beforeAll, describe, expect, test } from "vitest";
import { readEvents, type Scope } from "#kernel";
import { openTestWorld, type TestWorld } from "../../kernel/testing/world.ts";
import type { Table } from "../schema/base-schema.ts";
import { fieldsOf, linkedTables, shape, type LinkedTables } from "../testing/linked-tables.ts";
import { fieldNamed, tableNow } from "../testing/new-base.ts";
import { createRecords } from "./create-records.ts";
import { deleteRecords } from "./delete-records.ts";
import { getRecord } from "./get-record.ts";
import { listRecords } from "./list-records.ts";
import { updateRecords } from "./update-records.ts";

const tables = linkedTables();
let world: TestWorld;
let scope: Scope;
let baseId: string;
let table: Table;
let create: LinkedTables["create"];

beforeAll(() => {
  ({ world, scope, baseId, table, create } = tables());
});

describe("records", () => {
  test("are created in order, with empty cells left out and computed ones there", async () => {
    const made = await create([
      { Name: "one", Count: 0, Done: true },
      { Name: "", Done: false },
    ]);
    expect(made.records.map((record) => fieldsOf(record))).toEqual([
      {
        Name: "one",
        Count: 0,
        Done: true,
        Number: expect.any(Number),
        "Made by": {
          id: scope.actor.kind === "user" ? scope.actor.userId : "",
          email: expect.any(String),
          name: "Ada",
        },
      },
      { Number: expect.any(Number), "Made by": expect.anything() },
    ]);
    const again = await getRecord(scope, { table, recordId: made.ids[0] ?? "", shape });
    expect(again.record).toBe(made.records[0]);
    expect(again.version).toBe(made.txn);
  });

  test("are created all or none", async () => {
    const before = (await listRecords(scope, { table, shape, pageSize: 100 })).records.length;
    await expect(create([{ Name: "good" }, { Count: "not a number" }])).rejects.toMatchObject({
      code: "records.cell-refused",
    });
    await expect(create([{ Nope: 1 }])).rejects.toThrow('Unknown field name: "Nope"');
    await expect(create([{ Number: 1 }])).rejects.toThrow("because the field is computed");
    expect((await listRecords(scope, { table, shape, pageSize: 100 })).records).toHaveLength(
      before,
    );
  });

  test("of many callers at once each get their own answer and number, without a hole in the log", async () => {
    const from = (await create([{ Name: "start" }])).txn;
    const calls = await Promise.all(
      Array.from({ length: 60 }, async (_, at) =>
        at % 10 === 9
          ? create([{ Name: `bad ${at}`, Count: 1e308 * 10 }]).then(
              () => "made",
              () => "refused",
            )
          : create([{ Name: `call ${at}`, Count: at }, { Name: `call ${at} b` }]),
      ),
    );
    const made = calls.filter((call) => typeof call !== "string");
    expect(made).toHaveLength(54);
    for (const call of made) {
      const [first, second] = call.records.map((record) => fieldsOf(record));
      expect(second?.["Name"]).toBe(`${String(first?.["Name"])} b`);
      expect(call.versions).toEqual([call.txn, call.txn]);
    }
    const log = await readEvents(world.db, { baseId, after: from, limit: 1000 });
    expect(log.map((entry) => entry.txn)).toEqual(log.map((_, at) => from + 1 + at));
    expect(new Set(made.map((call) => call.txn)).size).toBe(54);
  });

  test("of two processes are numbered without gaps", async () => {
    const second = await openTestWorld({ url: world.url });
    try {
      const other = second.scopeFor(scope.actor);
      const from = (await create([{ Name: "start" }])).txn;
      await Promise.all(
        Array.from({ length: 40 }, async (_, at) =>
          createRecords(at % 2 === 0 ? scope : other, {
            table,
            rows: [{ fields: { Name: `p ${at}` } }],
            typecast: false,
            shape,
          }),
        ),
      );
      const log = await readEvents(world.db, { baseId, after: from, limit: 1000 });
      expect(log.map((entry) => entry.txn)).toEqual(
        Array.from({ length: 40 }, (_, at) => from + 1 + at),
      );
    } finally {
      await second.close();
    }
  });

  test("change only where they differ, and say what was there before", async () => {
    const made = await create([
      { Name: "x", Count: 1 },
      { Name: "y", Count: 2 },
    ]);
    const [x = "", y = ""] = made.ids;
    const done = await updateRecords(scope, {
      table,
      rows: [
        { id: x, fields: { Count: 5 } },
        { id: y, fields: { Count: 2 } },
      ],
      replace: false,
      single: false,
      typecast: false,
      shape,
    });
    expect(done.records.map((record) => fieldsOf(record)["Count"])).toEqual([5, 2]);
    expect(done.versions).toEqual([done.txn, made.txn]);
    const [entry] = await readEvents(world.db, { baseId, after: done.txn - 1, limit: 10 });
    expect(entry).toMatchObject({
      name: "records.updated",
      recordIds: [x],
      body: { before: [[1]], after: [[5]] },
    });
  });

  test("are replaced by PUT: what is not named is cleared", async () => {
    const { ids } = await create([{ Name: "x", Count: 1, Done: true, Kind: "a" }]);
    const done = await updateRecords(scope, {
      table,
      rows: [{ id: ids[0] ?? "", fields: { Name: "z" } }],
      replace: true,
      single: true,
      typecast: false,
      shape,
    });
    expect(fieldsOf(done.records[0])).toEqual({
      Name: "z",
      Number: expect.any(Number),
      "Made by": expect.anything(),
    });
  });

  test("keep to the version that the caller saw", async () => {
    const { ids, txn } = await create([{ Name: "v" }]);
    const change = async (ifMatch: number) =>
      updateRecords(scope, {
        table,
        rows: [{ id: ids[0] ?? "", fields: { Name: "w" } }],
        replace: false,
        single: true,
        ifMatch,
        typecast: false,
        shape,
      });
    await expect(change(txn - 1)).rejects.toMatchObject({
      code: "records.version-mismatch",
      details: { extra: { version: txn, current: { id: ids[0] } } },
    });
    expect((await change(txn)).txn).toBeGreaterThan(txn);
  });

  test("that do not exist are told in the way of the call", async () => {
    const missing = "recDOESNOTEXIST00";
    const change = async (single: boolean) =>
      updateRecords(scope, {
        table,
        rows: [{ id: missing, fields: {} }],
        replace: false,
        single,
        typecast: false,
        shape,
      });
    await expect(change(true)).rejects.toMatchObject({
      details: { airtable: { type: "MODEL_ID_NOT_FOUND" } },
    });
    await expect(change(false)).rejects.toThrow(
      `Record ID ${missing} does not exist in this table`,
    );
    await expect(getRecord(scope, { table, recordId: missing, shape })).rejects.toMatchObject({
      code: "records.record-not-found",
    });
    await expect(deleteRecords(scope, { table, ids: [missing], single: false })).rejects.toThrow(
      "does not exist",
    );
  });

  test("learn a new choice by typecast, and the schema has it", async () => {
    await expect(create([{ Kind: "new one" }])).rejects.toMatchObject({
      details: { airtable: { type: "INVALID_MULTIPLE_CHOICE_OPTIONS" } },
    });
    const made = await create([{ Kind: "new one", Count: "1,234.5" }], true);
    expect(fieldsOf(made.records[0])).toMatchObject({ Kind: "new one", Count: 1234.5 });
    table = await tableNow(scope, baseId, table.id);
    expect(fieldNamed(table, "Kind").options["choices"]).toMatchObject([
      { name: "b" },
      { name: "a" },
      { name: "new one" },
    ]);
  });
});
