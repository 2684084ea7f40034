import { beforeAll, describe, expect, test } from "vitest";
import { ident, sql, type Scope, type Sql } from "#kernel";
import { testWorld } from "../../kernel/testing/world.ts";
import { deleteField } from "../fields/delete-field.ts";
import { convertField } from "../fields/convert-field.ts";
import { createRecords } from "../rows/create-records.ts";
import { listRecords } from "../rows/list-records.ts";
import { upsertRecords } from "../rows/upsert-records.ts";
import { conditionOf } from "../filters/conditions.ts";
import { rowsWhere } from "../filters/condition.sql.ts";
import type { Table, View } from "../schema/base-schema.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { shape } from "../testing/linked-tables.ts";
import { newBase, newOwner, tableNow } from "../testing/new-base.ts";
import { createView } from "../views/create-view.ts";
import { deleteView } from "../views/delete-view.ts";
import { dropUnwantedIndexes } from "./drop-unwanted.ts";
import { INDEX_ROWS_MIN, indexKeeper, INDEXES_PER_TABLE_MAX } from "./index-keeper.ts";

const world = testWorld();
let scope: Scope;
let workspaceId: string;
let minutes = 0;

beforeAll(async () => {
  ({ scope, workspaceId } = await newOwner(world()));
});

const choices = [{ name: "Todo" }, { name: "Done" }];
const fields = [
  { name: "Name", type: "singleLineText" },
  { name: "N", type: "number", options: { precision: 0 } },
  { name: "Rank", type: "rating", options: { icon: "star", max: 5, color: "yellowBright" } },
  { name: "Day", type: "date", options: { dateFormat: { name: "iso" } } },
  { name: "Status", type: "singleSelect", options: { choices } },
  { name: "Tags", type: "multipleSelects", options: { choices } },
  { name: "Done", type: "checkbox", options: { icon: "check", color: "greenBright" } },
  ...Array.from({ length: INDEXES_PER_TABLE_MAX + 2 }, (_, at) => ({
    name: `Text ${at}`,
    type: "singleLineText",
  })),
];

/** A table with rows enough for indexes, made past everything that a write does. */
async function largeTable(rows = INDEX_ROWS_MIN + 1_000): Promise<Table> {
  const { table } = await newBase(scope, workspaceId, fields);
  const place = ident(table.baseId, table.id);
  const at = (name: string): Sql => ident(table.fieldsByName.get(name)?.id ?? "");
  await scope.db.run(sql`
    insert into ${place} (id, created_time, modified_time, version, ${at("Name")}, ${at("N")}, ${at("Rank")}, ${at("Day")})
    select 'rec' || lpad(i::text, 14, '0'), now(), now(), 1, 'name ' || i, i, 1 + i % 5, date '2020-01-01' + (i % 3000)::integer
    from generate_series(1, ${rows}::integer) i`);
  await scope.db.run(sql`analyze ${place}`);
  return table;
}

async function indexNames(table: Table): Promise<string[]> {
  await world().parts.of(indexKeeper).idle();
  const rows = await scope.db.all<{ name: string }>(sql`
    select indexname as name from pg_indexes where schemaname = ${table.baseId} and tablename = ${table.id}
      and indexname like 'fld%' order by 1`);
  return rows.map(({ name }) => name);
}

function id(table: Table, name: string): string {
  return table.fieldsByName.get(name)?.id ?? "";
}

async function viewOf(table: Table, options: Record<string, unknown>): Promise<View> {
  minutes += 1;
  const { baseId, id: tableId } = table;
  return createView(scope, { baseId, tableId, name: `V${minutes}`, type: "grid", options });
}

function all(...filterSet: readonly object[]): object {
  return { conjunction: "and", filterSet };
}

describe("indexes", () => {
  test("are made for what a view of a large table filters and sorts by", async () => {
    const table = await largeTable();
    const view = await viewOf(table, {
      filters: all(
        { fieldId: id(table, "Name"), operator: "=", value: "name 17" },
        { fieldId: id(table, "Day"), operator: "<", value: { mode: "today" } },
        { fieldId: id(table, "Tags"), operator: "hasAnyOf", value: ["Todo"] },
        { fieldId: id(table, "Text 1"), operator: "contains", value: "x" },
        { fieldId: id(table, "Text 2"), operator: "!=", value: "x" },
        { fieldId: id(table, "Rank"), operator: "isEmpty" },
        { fieldId: id(table, "Done"), operator: "=", value: true },
      ),
      sort: [
        { fieldId: id(table, "N"), direction: "asc" },
        { fieldId: id(table, "Text 0"), direction: "asc" },
      ],
    });
    expect(await indexNames(table)).toEqual(
      [
        `${id(table, "Name")}_eq`,
        `${id(table, "Day")}_ord`,
        `${id(table, "Tags")}_any`,
        `${id(table, "N")}_ord`,
      ].toSorted(),
    );
    expect((await listRecords(scope, { table, shape, pageSize: 3, view })).records).toEqual([]);
  });

  test("are made for the fields that an upsert merges on", async () => {
    const table = await largeTable();
    await upsertRecords(scope, {
      table,
      rows: [{ fields: { Name: "name 17", Day: "2020-01-18" } }],
      mergeOn: ["Name", "Day"],
      replace: false,
      typecast: false,
      shape,
    });
    expect(await indexNames(table)).toEqual(
      [`${id(table, "Name")}_eq`, `${id(table, "Day")}_ord`].toSorted(),
    );
  });

  test("are not made for a small table, and are when it has grown and is asked again", async () => {
    const table = await largeTable(100);
    const view = await viewOf(table, { sort: [{ fieldId: id(table, "N"), direction: "asc" }] });
    expect(await indexNames(table)).toEqual([]);
    const place = ident(table.baseId, table.id);
    await scope.db.run(sql`
      insert into ${place} (id, created_time, modified_time, version)
      select 'recx' || lpad(i::text, 13, '0'), now(), now(), 1 from generate_series(1, ${INDEX_ROWS_MIN}::integer) i`);
    await scope.db.run(sql`analyze ${place}`);
    const listing = { table, shape, pageSize: 1, view };
    await listRecords(scope, listing);
    expect(await indexNames(table)).toEqual([]);
    world().setClock(new Date(Date.now() + 3_600_000));
    await listRecords(scope, listing);
    world().setClock(null);
    expect(await indexNames(table)).toEqual([`${id(table, "N")}_ord`]);
  });

  test("go with their field, and with its type", async () => {
    const table = await largeTable();
    const { baseId } = table;
    await viewOf(table, {
      sort: [
        { fieldId: id(table, "N"), direction: "desc" },
        { fieldId: id(table, "Rank"), direction: "desc" },
      ],
    });
    expect(await indexNames(table)).toHaveLength(2);
    const place = { baseId, tableId: table.id };
    await deleteField(scope, { ...place, fieldId: id(table, "Rank") });
    expect(await indexNames(table)).toEqual([`${id(table, "N")}_ord`]);
    await convertField(scope, { ...place, fieldId: id(table, "N"), type: "multilineText" });
    expect(await indexNames(table)).toEqual([]);
    const long = [{ fields: { N: "x".repeat(100_000), Name: "y".repeat(100_000) } }];
    await createRecords(scope, {
      table: await tableNow(scope, baseId, table.id),
      rows: long,
      typecast: false,
      shape,
    });
  });

  test("are bounded a table", async () => {
    const table = await largeTable();
    const filterSet = Array.from({ length: INDEXES_PER_TABLE_MAX + 2 }, (_, at) => ({
      fieldId: id(table, `Text ${at}`),
      operator: "=",
      value: "x",
    }));
    await viewOf(table, { filters: all(...filterSet) });
    expect(await indexNames(table)).toHaveLength(INDEXES_PER_TABLE_MAX);
  });

  test("that a build left unfinished are cleared away", async () => {
    const table = await largeTable();
    const name = `${id(table, "Name")}_eq`;
    // One that finds two equal values half way stays behind, and is not valid.
    const unique = `create unique index concurrently "${name}" on "${table.baseId}"."${table.id}" ("${id(table, "Rank")}")`;
    await expect(scope.db.script(unique)).rejects.toThrow(/could not create unique index/);
    expect(await indexNames(table)).toEqual([name]);
    await viewOf(table, {
      filters: all({ fieldId: id(table, "Name"), operator: "=", value: "x" }),
    });
    expect(await indexNames(table)).toEqual([name]);
    const valid = await scope.db.one<{ valid: boolean }>(sql`
      select indisvalid as valid from pg_index where indexrelid = to_regclass(${`"${table.baseId}"."${name}"`})`);
    expect(valid.valid).toBe(true);
  });

  test("hold texts of any length, and leave the connection as it was", async () => {
    const table = await largeTable();
    await viewOf(table, {
      filters: all({ fieldId: id(table, "Name"), operator: "=", value: "x" }),
    });
    expect(await indexNames(table)).toHaveLength(1);
    const rows = [{ fields: { Name: "é".repeat(50_000) } }];
    await createRecords(scope, { table, rows, typecast: false, shape });
    const timeouts = await Promise.all(
      Array.from({ length: 6 }, async () =>
        scope.db.text(sql`select current_setting('statement_timeout')`),
      ),
    );
    expect(new Set(timeouts.flat(2))).toEqual(new Set(["15s"]));
  });
});

describe("indexes that nobody wants any more", () => {
  const DAY_MS = 24 * 3_600_000;
  const begin = Date.UTC(2031, 0, 1);
  const sweepAt = async (days: number): Promise<void> => {
    world().setClock(new Date(begin + days * DAY_MS));
    await dropUnwantedIndexes(world().system);
  };

  test("are dropped after a week, whoever writes meanwhile", async () => {
    world().setClock(new Date(begin));
    const table = await largeTable();
    const byName = { fieldId: id(table, "Name"), operator: "=", value: "x" };
    await viewOf(table, { filters: all(byName) });
    const passing = await viewOf(table, {
      sort: [{ fieldId: id(table, "N"), direction: "asc" }],
    });
    const upsert = async (): Promise<unknown> =>
      upsertRecords(scope, {
        table,
        rows: [{ fields: { Name: "name 17", Day: "2020-01-18" } }],
        mergeOn: ["Name", "Day"],
        replace: false,
        typecast: false,
        shape,
      });
    await upsert();
    const [name, n, day] = [
      `${id(table, "Name")}_eq`,
      `${id(table, "N")}_ord`,
      `${id(table, "Day")}_ord`,
    ];
    expect(await indexNames(table)).toEqual([name, n, day].toSorted());
    await sweepAt(8);
    // Views want theirs as long as they are there; what an upsert merged on longer ago goes.
    expect(await indexNames(table)).toEqual([name, n].toSorted());
    await upsert();
    expect(await indexNames(table)).toEqual([name, n, day].toSorted());
    await deleteView(scope, { baseId: table.baseId, viewId: passing.id });
    await sweepAt(14);
    expect(await indexNames(table)).toEqual([name, n, day].toSorted());
    // Somebody writes and has not committed yet: he is waited for, and nobody waits for the drop.
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const open = scope.db.transaction(async (tx) => {
      await tx.run(
        sql`update ${ident(table.baseId, table.id)} set version = 2 where id = 'rec00000000000017'`,
      );
      await promise;
    });
    const swept = sweepAt(15.5);
    const written = await createRecords(scope, {
      table: await tableNow(scope, table.baseId, table.id),
      rows: [{ fields: { N: 1 } }],
      typecast: false,
      shape,
    });
    expect(written.ids).toHaveLength(1);
    resolve(undefined);
    await open;
    await swept;
    expect(await indexNames(table)).toEqual([name]);
    world().setClock(null);
  });
});

describe("PostgreSQL answers through them", () => {
  test.each([
    ["{Name} = 'name 17'", "Name", "_eq"],
    ["AND({Name} = 'name 17', {N} > 3)", "Name", "_eq"],
    ["OR({Name} = 'name 17', {Name} = 'name 18')", "Name", "_eq"],
    ["{N} = 17", "N", "_ord"],
    ["{N} > 5995", "N", "_ord"],
    ["{Status} = 'Done'", "Status", "_eq"],
    ["{Day} = DATETIME_PARSE('2020-02-01')", "Day", "_ord"],
    ["IS_BEFORE({Day}, '2020-01-03')", "Day", "_ord"],
    ["RECORD_ID() = 'rec00000000000017'", "", "_pkey"],
    ["OR(RECORD_ID() = 'rec00000000000017', RECORD_ID() = 'rec00000000000018')", "", "_pkey"],
  ])("%s", async (filterByFormula, field, suffix) => {
    const table = await indexed();
    const schema = await schemaOf(scope, table.baseId);
    const condition = conditionOf(scope, { schema, table }, { filterByFormula });
    expect(conditionOf(scope, { schema, table }, { filterByFormula })).toBe(condition);
    if (typeof condition === "string") {
      throw new Error("the condition asks no row");
    }
    const plan = await scope.db.text(
      sql`explain select t.id ${rowsWhere(table, condition, { now: scope.now() })}`,
    );
    expect(plan.join("\n")).toContain(
      field === "" ? `${table.id}${suffix}` : `${id(table, field)}${suffix}`,
    );
  });

  let kept: Table | undefined;

  async function indexed(): Promise<Table> {
    if (kept === undefined) {
      kept = await largeTable();
      const values = { Name: "x", N: 1, Status: "Todo", Day: { mode: "today" } };
      const filterSet = Object.entries(values).map(([name, value]) => ({
        fieldId: id(kept as Table, name),
        operator: "=",
        value,
      }));
      await viewOf(kept, { filters: all(...filterSet) });
      expect(await indexNames(kept)).toHaveLength(4);
    }
    return kept;
  }
});
