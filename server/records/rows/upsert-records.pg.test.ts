import { beforeAll, describe, expect, test } from "vitest";
import type { Scope } from "#kernel";
import type { Table } from "../schema/base-schema.ts";
import { fieldsOf, linkedTables, shape, type LinkedTables } from "../testing/linked-tables.ts";
import { listRecords } from "./list-records.ts";
import { upsertRecords } from "./upsert-records.ts";

const tables = linkedTables();
let scope: Scope;
let table: Table;
let create: LinkedTables["create"];

beforeAll(() => {
  ({ scope, table, create } = tables());
});

describe("upsert", () => {
  const upsert = async (
    rows: { id?: string; fields: Record<string, unknown> }[],
    mergeOn = ["Name"],
  ) => upsertRecords(scope, { table, rows, mergeOn, replace: false, typecast: false, shape });

  test("changes what it finds and makes the rest, in the order of the request", async () => {
    const { ids } = await create([{ Name: "U1", Count: 1 }]);
    const done = await upsert([
      { fields: { Name: "U2", Count: 2 } },
      { fields: { Name: "U1", Count: 3 } },
      { fields: { Name: null, Count: 4 } },
    ]);
    expect(done.updatedIds).toEqual([ids[0]]);
    expect(done.createdIds).toEqual([done.ids[0], done.ids[2]]);
    expect(done.records.map((record) => fieldsOf(record)["Count"])).toEqual([2, 3, 4]);
  });

  test("refuses what is ambiguous, as a whole", async () => {
    await create([{ Name: "twice" }, { Name: "twice" }]);
    await expect(
      upsert([{ fields: { Name: "fresh one" } }, { fields: { Name: "twice" } }]),
    ).rejects.toThrow("Cannot update more than one record");
    await expect(
      upsert([{ fields: { Name: "same" } }, { fields: { Name: "same" } }]),
    ).rejects.toThrow("Cannot update more than one record");
    await expect(upsert([{ fields: { Name: "x" } }], ["Made by"])).rejects.toThrow(
      "cannot be used to merge on",
    );
    await expect(upsert([{ id: "recDOESNOTEXIST00", fields: { Name: "x" } }])).rejects.toThrow(
      "does not exist",
    );
    const { records } = await listRecords(scope, { table, shape, pageSize: 1000 });
    expect(records.some((record) => record.includes("fresh one"))).toBe(false);
  });
});
