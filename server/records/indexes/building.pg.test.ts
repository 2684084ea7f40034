import { afterEach, beforeEach, expect, test } from "vitest";
import { ident, sql, type Scope } from "#kernel";
import { openTestWorld, type TestWorld } from "../../kernel/testing/world.ts";
import { createRecords } from "../rows/create-records.ts";
import type { Table } from "../schema/base-schema.ts";
import { shape } from "../testing/linked-tables.ts";
import { newBase, newOwner } from "../testing/new-base.ts";
import { createView } from "../views/create-view.ts";
import { giveWay } from "./give-way.ts";
import { INDEX_ROWS_MIN, indexKeeper, stopIndexing } from "./index-keeper.ts";
import { indexesOf, lockIndexes, unlockIndexes } from "./wanted-indexes.sql.ts";

let world: TestWorld;
let scope: Scope;
let table: Table;

beforeEach(async () => {
  world = await openTestWorld();
  const owner = await newOwner(world);
  ({ scope } = owner);
  ({ table } = await newBase(scope, owner.workspaceId, [
    { name: "N", type: "number", options: { precision: 0 } },
  ]));
  const place = ident(table.baseId, table.id);
  await scope.db.run(sql`
    insert into ${place} (id, created_time, modified_time, version)
    select 'rec' || lpad(i::text, 14, '0'), now(), now(), 1 from generate_series(1, ${INDEX_ROWS_MIN + 1}::integer) i`);
  await scope.db.run(sql`analyze ${place}`);
});

afterEach(async () => {
  await world.close();
});

async function wantIndex(): Promise<void> {
  const { baseId, id: tableId, primaryFieldId: fieldId } = table;
  const options = { sort: [{ fieldId, direction: "asc" as const }] };
  await createView(scope, { baseId, tableId, name: `V${Math.random()}`, type: "grid", options });
}

async function indexes(): Promise<unknown[]> {
  return scope.db.all(indexesOf(table));
}

async function until(done: () => Promise<boolean>): Promise<void> {
  while (!(await done())) {
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}

test("a build that waits blocks no write, and ends when the program stops", async () => {
  await scope.db.transaction(async (tx) => {
    // A build waits for everybody who has written to the table before.
    await tx.run(
      sql`update ${ident(table.baseId, table.id)} set version = 2 where id = 'rec00000000000001'`,
    );
    await wantIndex();
    await until(async () => (await indexes()).length === 1);
    expect(await indexes()).toMatchObject([{ valid: false }]);
    await createRecords(scope, { table, rows: [{ fields: { N: 1 } }], typecast: false, shape });
    await stopIndexing(world);
  });
  expect(await indexes()).toMatchObject([{ valid: false }]);
  // After that nothing is begun, and the next program clears it away.
  await wantIndex();
  await world.parts.of(indexKeeper).idle();
  const next = await openTestWorld({ url: world.url });
  next.parts.of(indexKeeper).want(table, [
    {
      name: `${table.primaryFieldId}_ord`,
      definition: `("${table.primaryFieldId}" nulls first)`,
    },
  ]);
  await next.parts.of(indexKeeper).idle();
  await next.close();
  expect(await indexes()).toMatchObject([{ name: `${table.primaryFieldId}_ord`, valid: true }]);
});

test("a build gives way, in whichever process it runs", async () => {
  await scope.db.transaction(async (tx) => {
    await tx.run(
      sql`update ${ident(table.baseId, table.id)} set version = 2 where id = 'rec00000000000001'`,
    );
    await wantIndex();
    await until(async () => (await indexes()).length === 1);
    const other = await openTestWorld({ url: world.url });
    await giveWay(other.system, table.baseId);
    await world.parts.of(indexKeeper).idle();
    await other.close();
  });
  expect(await indexes()).toMatchObject([{ valid: false }]);
  await wantIndex();
  await world.parts.of(indexKeeper).idle();
  expect(await indexes()).toMatchObject([{ valid: true }]);
});

test("while another process builds for the base, this one does not", async () => {
  await scope.db.transaction(async (tx) => {
    await tx.text(lockIndexes(table));
    await wantIndex();
    await world.parts.of(indexKeeper).idle();
    await tx.text(unlockIndexes(table));
  });
  expect(await indexes()).toEqual([]);
});

test("a table that has gone is no trouble", async () => {
  world.parts
    .of(indexKeeper)
    .want({ ...table, id: "tblAAAAAAAAAAAAAA" }, [
      { name: "fldAAAAAAAAAAAAAA_ord", definition: '("fldAAAAAAAAAAAAAA")' },
    ]);
  world.parts
    .of(indexKeeper)
    .want(table, [{ name: "fldAAAAAAAAAAAAAA_ord", definition: '("fldAAAAAAAAAAAAAA")' }]);
  await world.parts.of(indexKeeper).idle();
  expect(await indexes()).toEqual([]);
  expect(await scope.db.text(sql`select current_setting('statement_timeout')`)).toEqual([["15s"]]);
});
