import { beforeAll, describe, expect, test } from "vitest";
import { readEvents, type Scope } from "#kernel";
import { openTestWorld, testWorld } from "../../kernel/testing/world.ts";
import type { Table } from "../schema/base-schema.ts";
import { addTable, fieldNamed, newBase, newOwner, tableNow } from "../testing/new-base.ts";
import { createRecords } from "./create-records.ts";
import { deleteRecords } from "./delete-records.ts";
import { getRecord } from "./get-record.ts";
import { listRecords } from "./list-records.ts";
import type { RecordShape } from "./record-json.ts";
import { updateRecords } from "./update-records.ts";
import { upsertRecords } from "./upsert-records.ts";

const world = testWorld();
const shape: RecordShape = {
  byFieldId: false,
  cellFormat: "json",
  commentCount: false,
  version: false,
};

let scope: Scope;
let workspaceId: string;
let baseId: string;
let table: Table;
let linked: Table;

beforeAll(async () => {
  ({ scope, workspaceId } = await newOwner(world()));
  const base = await newBase(scope, workspaceId, [
    { name: "Name", type: "singleLineText" },
    { name: "Count", type: "number", options: { precision: 0 } },
    { name: "Done", type: "checkbox", options: { icon: "check", color: "greenBright" } },
    { name: "Kind", type: "singleSelect", options: { choices: [{ name: "b" }, { name: "a" }] } },
    { name: "Number", type: "autoNumber" },
    { name: "Made by", type: "createdBy" },
  ]);
  baseId = base.baseId;
  linked = await addTable(scope, {
    baseId,
    name: "Second",
    fields: [
      { name: "Title", type: "singleLineText" },
      { name: "Firsts", type: "multipleRecordLinks", options: { linkedTableId: base.table.id } },
    ],
  });
  table = await tableNow(scope, baseId, base.table.id);
});

const create = async (rows: Record<string, unknown>[], typecast = false) =>
  createRecords(scope, { table, rows: rows.map((fields) => ({ fields })), typecast, shape });
const fieldsOf = (record: string | undefined): Record<string, unknown> =>
  JSON.parse(record ?? "{}").fields;

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
    const log = await readEvents(world().db, { baseId, after: from, limit: 1000 });
    expect(log.map((entry) => entry.txn)).toEqual(log.map((_, at) => from + 1 + at));
    expect(new Set(made.map((call) => call.txn)).size).toBe(54);
  });

  test("of two processes are numbered without gaps", async () => {
    const second = await openTestWorld({ url: world().url });
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
      const log = await readEvents(world().db, { baseId, after: from, limit: 1000 });
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
    const [entry] = await readEvents(world().db, { baseId, after: done.txn - 1, limit: 10 });
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

describe("lists", () => {
  test("page through everything once, also while records come and go", async () => {
    const own = await newBase(scope, workspaceId, [
      { name: "N", type: "number", options: { precision: 0 } },
    ]);
    const rows = Array.from({ length: 25 }, (_, at) => ({ fields: { N: (at * 7) % 25 } }));
    const { ids } = await createRecords(scope, { table: own.table, rows, typecast: false, shape });
    for (const sort of [
      undefined,
      [{ fieldId: own.table.primaryFieldId, direction: "desc" as const }],
    ]) {
      const seen: string[] = [];
      let offset: string | undefined;
      let pages = 0;
      do {
        const page = await listRecords(scope, {
          table: own.table,
          shape,
          pageSize: 10,
          ...(sort && { sort }),
          ...(offset !== undefined && { offset }),
        });
        seen.push(...page.records.map((record) => JSON.parse(record).id));
        offset = page.offset;
        pages += 1;
        if (pages === 1) {
          const [last = ""] = seen.slice(-1);
          await updateRecords(scope, {
            table: own.table,
            rows: [{ id: last, fields: { N: 12 } }],
            replace: false,
            single: true,
            typecast: false,
            shape,
          });
        }
      } while (offset !== undefined);
      expect(pages).toBe(3);
      expect(seen.toSorted()).toEqual(ids.toSorted());
    }
  });

  test("stop at maxRecords: 25 over pages of 10 are 10, 10 and 5", async () => {
    const own = await newBase(scope, workspaceId, [
      { name: "N", type: "number", options: { precision: 0 } },
    ]);
    await createRecords(scope, {
      table: own.table,
      rows: Array.from({ length: 40 }, () => ({ fields: {} })),
      typecast: false,
      shape,
    });
    const sizes: number[] = [];
    let offset: string | undefined;
    do {
      const page = await listRecords(scope, {
        table: own.table,
        shape,
        pageSize: 10,
        maxRecords: 25,
        ...(offset !== undefined && { offset }),
      });
      sizes.push(page.records.length);
      offset = page.offset;
    } while (offset !== undefined);
    expect(sizes).toEqual([10, 10, 5]);
  });

  test("sort selects by the order of their choices and empty cells first", async () => {
    await create([{ Name: "k1", Kind: "a" }, { Name: "k2", Kind: "b" }, { Name: "k3" }]);
    const { records } = await listRecords(scope, {
      table,
      shape,
      pageSize: 1000,
      sort: [{ fieldId: fieldNamed(table, "Kind").id, direction: "asc" }],
    });
    const kinds = records
      .map((record) => fieldsOf(record))
      .filter(({ Name }) => /^k[123]$/.test(String(Name)))
      .map(({ Name }) => Name);
    expect(kinds).toEqual(["k3", "k2", "k1"]);
  });

  test("refuse an offset of another table or another query", async () => {
    const first = await listRecords(scope, { table, shape, pageSize: 1 });
    await expect(
      listRecords(scope, { table: linked, shape, pageSize: 1, offset: first.offset ?? "" }),
    ).rejects.toMatchObject({ code: "records.offset-expired" });
    const sort = [{ fieldId: table.primaryFieldId, direction: "asc" as const }];
    const sorted = await listRecords(scope, { table, shape, pageSize: 1, sort });
    await expect(
      listRecords(scope, {
        table,
        shape,
        pageSize: 1,
        sort: [{ ...sort[0], direction: "desc" } as never],
        offset: sorted.offset ?? "",
      }),
    ).rejects.toMatchObject({ code: "records.offset-expired" });
    await expect(
      listRecords(scope, { table, shape, pageSize: 1, sort, offset: "rubbish" }),
    ).rejects.toMatchObject({ code: "records.bad-offset" });
  });

  test("as strings show what people would read", async () => {
    const { ids } = await create([{ Name: "shown", Count: 3, Done: true }]);
    await createRecords(scope, {
      table: linked,
      rows: [{ fields: { Title: "Linked title", Firsts: ids } }],
      typecast: false,
      shape,
    });
    const shown = await getRecord(scope, {
      table,
      recordId: ids[0] ?? "",
      shape: { ...shape, cellFormat: { timeZone: "UTC", userLocale: "en" } },
    });
    expect(fieldsOf(shown.record)).toMatchObject({
      Count: "3",
      Done: "checked",
      Second: "Linked title",
      "Made by": "Ada",
    });
  });
});
