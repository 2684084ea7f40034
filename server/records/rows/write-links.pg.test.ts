import { beforeAll, describe, expect, test } from "vitest";
import { sql, type Scope } from "#kernel";
import type { TestWorld } from "../../kernel/testing/world.ts";
import type { Table } from "../schema/base-schema.ts";
import { fieldsOf, linkedTables, shape, type LinkedTables } from "../testing/linked-tables.ts";
import { createRecords } from "./create-records.ts";
import { deleteRecords } from "./delete-records.ts";
import { getRecord } from "./get-record.ts";
import { updateRecords } from "./update-records.ts";

const tables = linkedTables();
let world: TestWorld;
let baseId: string;
let scope: Scope;
let table: Table;
let linked: Table;
let create: LinkedTables["create"];

beforeAll(() => {
  ({ world, baseId, scope, table, linked, create } = tables());
});

describe("links", () => {
  test("show on both sides, in order, and vanish with the record", async () => {
    const firsts = await create([{ Name: "f1" }, { Name: "f2" }]);
    const [f1 = "", f2 = ""] = firsts.ids;
    const made = await createRecords(scope, {
      table: linked,
      rows: [
        { fields: { Title: "t1", Firsts: [f2, f1] } },
        { fields: { Title: "t2", Firsts: [f1] } },
      ],
      typecast: false,
      shape,
    });
    const [t1 = "", t2 = ""] = made.ids;
    expect(fieldsOf(made.records[0])["Firsts"]).toEqual([f2, f1]);
    const back = async (id: string) =>
      fieldsOf((await getRecord(scope, { table, recordId: id, shape })).record)["Second"];
    expect(await back(f1)).toEqual([t1, t2]);
    await updateRecords(scope, {
      table,
      rows: [{ id: f1, fields: { Second: [t2] } }],
      replace: false,
      single: true,
      typecast: false,
      shape,
    });
    const t1Now = await getRecord(scope, { table: linked, recordId: t1, shape });
    expect(fieldsOf(t1Now.record)["Firsts"]).toEqual([f2]);
    await deleteRecords(scope, { table: linked, ids: [t2], single: true });
    expect(await back(f1)).toBeUndefined();
    expect(await back(f2)).toEqual([t1]);
  });

  test("to records that are not there or of another table are refused, and nothing is written", async () => {
    const { ids } = await createRecords(scope, {
      table: linked,
      rows: [{ fields: { Title: "alone" } }],
      typecast: false,
      shape,
    });
    const link = async (to: unknown) =>
      createRecords(scope, {
        table: linked,
        rows: [{ fields: { Firsts: to } }],
        typecast: false,
        shape,
      });
    await expect(link(["recDOESNOTEXIST00"])).rejects.toThrow(
      "Record ID recDOESNOTEXIST00 does not exist in this table",
    );
    await expect(link([ids[0]])).rejects.toThrow(
      `belongs to table ${linked.id}, but the field links to table ${table.id}`,
    );
    await expect(link(["foo"])).rejects.toThrow('Value "foo" is not a valid record ID.');
  });

  test("by text find the record or make it", async () => {
    const { ids } = await create([{ Name: "known, by name" }]);
    const made = await createRecords(scope, {
      table: linked,
      rows: [{ fields: { Firsts: ["known, by name", "quite new"] } }],
      typecast: true,
      shape,
    });
    const to = fieldsOf(made.records[0])["Firsts"] as string[];
    expect(to[0]).toBe(ids[0]);
    const fresh = await getRecord(scope, { table, recordId: to[1] ?? "", shape });
    expect(fieldsOf(fresh.record)).toMatchObject({ Name: "quite new", Second: [made.ids[0]] });
  });

  test("are put in order also in a base that has seen many transactions", async () => {
    await world.db.run(sql`update records.bases set txn = 5000000000 where id = ${baseId}`);
    const { ids } = await create([{ Name: "late" }]);
    const made = await createRecords(scope, {
      table: linked,
      rows: [{ fields: { Firsts: ids } }, { fields: { Firsts: ids } }],
      typecast: false,
      shape,
    });
    const back = await getRecord(scope, { table, recordId: ids[0] ?? "", shape });
    expect(fieldsOf(back.record)["Second"]).toEqual(made.ids);
  });
});
