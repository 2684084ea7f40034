import { beforeAll, describe, expect, test } from "vitest";
import { ident, sql, type Scope, type TextRow } from "#kernel";
import { createField } from "../fields/create-field.ts";
import { createRecords } from "../rows/create-records.ts";
import { deleteRecords } from "../rows/delete-records.ts";
import { listRecords } from "../rows/list-records.ts";
import { updateRecords } from "../rows/update-records.ts";
import type { BaseSchema, Table, View } from "../schema/base-schema.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { actorFor, newBase, newOwner } from "../testing/new-base.ts";
import { shape } from "../testing/linked-tables.ts";
import { testWorld } from "../../kernel/testing/world.ts";
import { readGuarded } from "./guarded-read.ts";

const world = testWorld();
let scope: Scope;
let workspaceId: string;

beforeAll(async () => {
  ({ scope, workspaceId } = await newOwner(world()));
});

async function numbered(count: number): Promise<{ readonly table: Table; readonly ids: string[] }> {
  const { table } = await newBase(scope, workspaceId, [
    { name: "Name", type: "singleLineText" },
    { name: "N", type: "number", options: { precision: 0 } },
  ]);
  const { ids } = await createRecords(scope, {
    table,
    rows: Array.from({ length: count }, (_, at) => ({ fields: { Name: `n${at}`, N: at } })),
    typecast: false,
    shape,
  });
  return { table, ids: [...ids] };
}

async function set(table: Table, id: string, N: number): Promise<void> {
  const rows = [{ id, fields: { N } }];
  await updateRecords(scope, { table, rows, replace: false, single: true, typecast: false, shape });
}

/** All pages, with something done after the first one. */
async function pages(
  listing: Parameters<typeof listRecords>[1],
  between: () => Promise<void> = async () => undefined,
): Promise<number[][]> {
  const seen: number[][] = [];
  let offset: string | undefined;
  do {
    const page = await listRecords(scope, { ...listing, ...(offset !== undefined && { offset }) });
    seen.push(page.records.map((record) => JSON.parse(record).fields.N));
    offset = page.offset;
    if (seen.length === 1) {
      await between();
    }
  } while (offset !== undefined);
  return seen;
}

describe("pages of what a formula keeps", () => {
  test("in order of creation neither repeat nor skip while records change", async () => {
    const { table, ids } = await numbered(40);
    const listing = { table, shape, pageSize: 4, filterByFormula: "MOD({N}, 2) = 0" };
    const seen = await pages(listing, async () => {
      await set(table, ids[0] ?? "", 1);
      await set(table, ids[10] ?? "", 11);
      await deleteRecords(scope, { table, ids: [ids[20] ?? ""], single: true });
    });
    expect(seen.flat()).toEqual([
      0, 2, 4, 6, 8, 12, 14, 16, 18, 22, 24, 26, 28, 30, 32, 34, 36, 38,
    ]);
    expect(seen.map((page) => page.length)).toEqual([4, 4, 4, 4, 2]);
  });

  test("in a kept order leave out what does not match any more", async () => {
    const { table, ids } = await numbered(20);
    const sort = [{ fieldId: table.fieldsByName.get("N")?.id ?? "", direction: "desc" as const }];
    const listing = { table, shape, pageSize: 5, filterByFormula: "{N} >= 10", sort };
    const seen = await pages(listing, async () => {
      await set(table, ids[12] ?? "", 2);
      await set(table, ids[3] ?? "", 30);
    });
    expect(seen).toEqual([
      [19, 18, 17, 16, 15],
      [14, 13, 11, 10],
    ]);
  });

  test("stop at maxRecords", async () => {
    const { table } = await numbered(30);
    const listing = { table, shape, pageSize: 10, maxRecords: 12, filterByFormula: "{N} > 4" };
    expect(await pages(listing)).toEqual([
      [5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
      [15, 16],
    ]);
  });

  test("of a kept order are refused with another formula", async () => {
    const { table } = await numbered(9);
    const listing = { table, shape, pageSize: 2, maxRecords: 8, filterByFormula: "{N} > 1" };
    const { offset = "" } = await listRecords(scope, listing);
    await expect(
      listRecords(scope, { ...listing, offset, filterByFormula: "{N} > 2" }),
    ).rejects.toMatchObject({ code: "records.offset-expired" });
  });

  test("count comments, though the base's role cannot read them", async () => {
    const { table } = await numbered(3);
    const counted = { ...shape, commentCount: true };
    for (const more of [{}, { maxRecords: 2 }]) {
      const { records } = await listRecords(scope, {
        table,
        shape: counted,
        pageSize: 10,
        filterByFormula: "{N} < 2",
        ...more,
      });
      expect(records.map((record) => JSON.parse(record).commentCount)).toEqual([0, 0]);
    }
  });

  test("see a schema that has changed", async () => {
    const { table } = await numbered(3);
    const listing = { table, shape, pageSize: 10, filterByFormula: "{Later} = 'x'" };
    await expect(listRecords(scope, listing)).rejects.toMatchObject({
      code: "records.invalid-filter",
    });
    await createField(scope, {
      baseId: table.baseId,
      tableId: table.id,
      name: "Later",
      type: "singleLineText",
    });
    expect((await listRecords(scope, listing)).records).toEqual([]);
  });
});

describe("patterns that stand in cells", () => {
  test("are matched for pages, kept orders and comment counts alike", async () => {
    const { table } = await newBase(scope, workspaceId, [
      { name: "Text", type: "singleLineText" },
      { name: "Pattern", type: "singleLineText" },
      { name: "N", type: "number", options: { precision: 0 } },
    ]);
    const cells = [
      ["abc", "^a.c$"],
      ["abc", "^b"],
      ["x1", "\\d"],
      ["x", "("],
      [null, "^$"],
      ["aaa", "(a+)+$"],
    ];
    const rows = Array.from({ length: 1_200 }, (_, N) => {
      const [Text = null, Pattern = null] = cells[N % cells.length] ?? [];
      return { fields: { Text, Pattern, N } };
    });
    for (const part of [rows.slice(0, 1_000), rows.slice(1_000)]) {
      await createRecords(scope, { table, rows: part, typecast: false, shape });
    }
    const wanted = rows.map(({ fields: { N } }) => N).filter((N) => [0, 2, 4, 5].includes(N % 6));
    const listing = {
      table,
      shape,
      pageSize: 300,
      filterByFormula: "REGEX_MATCH({Text}, {Pattern})",
    };
    expect((await pages(listing)).flat()).toEqual(wanted);
    const sort = [{ fieldId: table.fieldsByName.get("N")?.id ?? "", direction: "desc" as const }];
    const counted = { ...shape, commentCount: true };
    expect((await pages({ ...listing, sort, shape: counted })).flat()).toEqual(wanted.toReversed());
    const { records } = await listRecords(scope, {
      ...listing,
      filterByFormula:
        "AND(REGEX_MATCH({Text}, {Pattern}), LAST_MODIFIED_TIME() >= CREATED_TIME(), {N} > 1195)",
    });
    expect(records.map((record) => JSON.parse(record).fields.N)).toEqual([1196, 1198, 1199]);
  });
});

describe("statements in which a user wrote something", () => {
  async function guarded(table: Table, statement: ReturnType<typeof sql>): Promise<TextRow[]> {
    const schema: BaseSchema = await schemaOf(scope, table.baseId);
    const call = { schema, table, people: [], statements: [statement] };
    const { rows } = await readGuarded(scope, call);
    return rows[0] ?? [];
  }

  test("run as the base's own role, which reads no other base, and write nothing", async () => {
    const [one, other] = [await numbered(1), await numbered(1)];
    const schema = await schemaOf(scope, one.table.baseId);
    expect(await guarded(one.table, sql`select current_user`)).toEqual([[schema.role]]);
    for (const statement of [
      sql`select id from ${ident(other.table.baseId, other.table.id)}`,
      sql`select id from identity.users`,
      sql`select id from records.bases`,
    ]) {
      await expect(guarded(one.table, statement)).rejects.toThrow(/permission denied/);
    }
    const place = ident(one.table.baseId, one.table.id);
    await expect(guarded(one.table, sql`delete from ${place}`)).rejects.toMatchObject({
      details: { cause: { code: "25006" } },
    });
    expect(await guarded(one.table, sql`select 1`)).toEqual([["1"]]);
    expect((await scope.db.text(sql`select current_user`))[0]?.[0]).not.toBe(schema.role);
  });

  test("leave a transaction as it was that somebody else opened", async () => {
    const { table } = await numbered(2);
    await scope.db.transaction(async (tx) => {
      const [before] = await tx.text(sql`select current_user`);
      const within = { ...scope, db: tx };
      const listing = { table, shape, pageSize: 10, filterByFormula: "{N} = 1" };
      expect((await listRecords(within, listing)).records).toHaveLength(1);
      expect(await tx.text(sql`select current_user`)).toEqual([before]);
      await tx.run(sql`create temporary table written (a integer)`);
    });
  });

  test("are for those alone who may read the base", async () => {
    const { table } = await numbered(1);
    const stranger = world().scopeFor(
      actorFor({ id: "usrAAAAAAAAAAAAAA", email: "s@basalt.test", name: "S" }),
    );
    await expect(
      listRecords(stranger, { table, shape, pageSize: 1, filterByFormula: "nonsense(" }),
    ).rejects.toMatchObject({ code: "workspaces.not-found-or-not-allowed" });
  });
});

test("a filter that somebody put past all checks keeps everything", async () => {
  const { table } = await numbered(2);
  const [grid] = table.views;
  for (const filters of [1, "x", [], { conjunction: "and" }, { filterSet: [1] }]) {
    const view = { ...(grid as View), options: { filters } };
    expect((await listRecords(scope, { table, shape, pageSize: 5, view })).records).toHaveLength(2);
  }
});
