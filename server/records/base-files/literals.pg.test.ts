import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ident, sql, type Scope } from "#kernel";
import { testWorld } from "../../kernel/testing/world.ts";
import { createField } from "../fields/create-field.ts";
import { tidying } from "../indexes/tidy-tables.ts";
import { createRecords } from "../rows/create-records.ts";
import { listRecords } from "../rows/list-records.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { shape } from "../testing/linked-tables.ts";
import { addTable, newBase, newOwner, tableNow } from "../testing/new-base.ts";
import { exportBase } from "./export-base.ts";
import { importBase } from "./import-base.ts";

const world = testWorld();
let scope: Scope;
let workspaceId: string;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "basalt-literals-"));
  ({ scope, workspaceId } = await newOwner(world()));
});
afterAll(() => rm(folder, { recursive: true }));

const STRANGER = "recAAAAAAAAAAAAAA";

async function namesOf(baseId: string, tableName: string): Promise<Record<string, unknown>> {
  const { tables } = await schemaOf(scope, baseId);
  const table = tables.find(({ name }) => name === tableName);
  if (table === undefined) {
    throw new Error(`no table ${tableName}`);
  }
  const { records } = await listRecords(scope, { table, shape, pageSize: 10 });
  return Object.fromEntries(
    records.map((json) => {
      const { Name, ...fields } = JSON.parse(json).fields;
      return [Name, fields];
    }),
  );
}

test("records that formulas name by their ids are named by the ids of the copy", async () => {
  const { baseId, table } = await newBase(scope, workspaceId, [
    { name: "Name", type: "singleLineText" },
  ]);
  const others = await addTable(scope, {
    baseId,
    name: "Others",
    fields: [
      { name: "Name", type: "singleLineText" },
      { name: "Of", type: "multipleRecordLinks", options: { linkedTableId: table.id } },
    ],
  });
  const add = async (tableId: string, rows: readonly Record<string, unknown>[]) => {
    const written = await createRecords(scope, {
      table: await tableNow(scope, baseId, tableId),
      rows: rows.map((fields) => ({ fields })),
      typecast: false,
      shape,
    });
    return written.ids;
  };
  const [one = "", two = ""] = await add(table.id, [{ Name: "one" }, { Name: "two" }]);
  await add(others.id, [{ Name: "other", Of: [one, two] }]);
  const formula = `IF(RECORD_ID() = "${one}", "first", IF(OR(RECORD_ID() = '${two}', RECORD_ID() = "${STRANGER}"), "second", "${STRANGER}"))`;
  const place = { baseId, tableId: table.id };
  await createField(scope, { ...place, name: "Which", type: "formula", options: { formula } });
  const link = (await tableNow(scope, baseId, others.id)).fieldsByName.get("Of");
  await createField(scope, {
    baseId,
    tableId: others.id,
    name: "Second",
    type: "count",
    options: { recordLinkFieldId: link?.id, filterByFormula: `RECORD_ID() = '${two}'` },
  });
  const { bytes } = await exportBase(scope, { baseId, program: "test" });
  const file = path.join(folder, "base");
  await writeFile(file, Buffer.concat(await Array.fromAsync(bytes as AsyncIterable<Uint8Array>)));
  const copy = await importBase(scope, { file, workspaceId, name: "Copy", keepIds: false });
  for (const id of [baseId, copy.id]) {
    expect(await namesOf(id, "First")).toEqual({
      one: { Which: "first", Others: expect.any(Array) },
      two: { Which: "second", Others: expect.any(Array) },
    });
    expect(await namesOf(id, "Others")).toMatchObject({ other: { Second: 1 } });
  }
  const { tables } = await schemaOf(scope, copy.id);
  const text = JSON.stringify(tables.map(({ fields }) => fields.map(({ options }) => options)));
  expect([text.includes(one), text.includes(two), text.includes(STRANGER)]).toEqual([
    false,
    false,
    true,
  ]);
  // Rows that were written for each level leave nothing behind.
  await world().parts.of(tidying).idle();
  const [first] = tables;
  const { dead } = await scope.db.one<{ dead: number }>(sql`
    select n_dead_tup::integer as dead from pg_stat_user_tables where relid = ${ident(copy.id, first?.id ?? "").text}::regclass`);
  expect(dead).toBe(0);
});
