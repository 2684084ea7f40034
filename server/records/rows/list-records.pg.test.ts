import { beforeAll, describe, expect, test } from "vitest";
import type { Scope } from "#kernel";
import type { Table } from "../schema/base-schema.ts";
import { fieldsOf, linkedTables, shape, type LinkedTables } from "../testing/linked-tables.ts";
import { fieldNamed, newBase } from "../testing/new-base.ts";
import { createRecords } from "./create-records.ts";
import { getRecord } from "./get-record.ts";
import { listRecords } from "./list-records.ts";
import { updateRecords } from "./update-records.ts";

const tables = linkedTables();
let scope: Scope;
let workspaceId: string;
let table: Table;
let linked: Table;
let create: LinkedTables["create"];

beforeAll(() => {
  ({ scope, workspaceId, table, linked, create } = tables());
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
