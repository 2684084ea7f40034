import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../testing/test-database.ts";
import type { Db } from "./db.ts";
import { openDatabase, type Database } from "./postgres.ts";
import { readsUntil } from "./reads-until.ts";
import { sql, type Sql } from "./sql.ts";

let testDatabase: TestDatabase;
let database: Database;
let watcher: Database;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  const { url } = testDatabase;
  database = openDatabase({ url, poolMax: 2, statementTimeoutMs: 20_000, acquireTimeoutMs: 5_000 });
  watcher = openDatabase({ url, poolMax: 1, statementTimeoutMs: 20_000 });
  await database.script("create table notes (id int primary key)");
});
afterAll(async () => {
  await database.close();
  await watcher.close();
});

const heavy = (mark: string): Sql =>
  sql`select count(*) as n, ${mark}::text as mark from generate_series(1, 1000) a, generate_series(1, 1000) b, generate_series(1, 100000) c`;
const READ_ONLY = sql`set transaction read only`;

/** How many statements with this in their text run. */
async function running(part: string): Promise<number> {
  const { n } = await watcher.one<{ n: number }>(
    sql`select count(*) as n from pg_stat_activity where state = 'active' and query like ${`%${part}%`} and pid <> pg_backend_pid()`,
  );
  return n;
}

const ways: readonly (readonly [name: string, run: (db: Db) => Promise<unknown>])[] = [
  ["all", (db) => db.all(heavy("x"))],
  ["one", (db) => db.one(heavy("x"))],
  ["text", (db) => db.text(heavy("x"))],
  ["texts", (db) => db.texts([sql`select 1`, heavy("x")])],
  ["a read-only pipeline", (db) => db.pipeline([READ_ONLY, sql`select 1`, heavy("x")])],
];

test.each(ways)("a read by %s stops in PostgreSQL when its caller has gone", async (_name, run) => {
  const gone = new AbortController();
  const reading = run(readsUntil(database, gone.signal));
  const settled = reading.catch((error: unknown) => error);
  await expect.poll(() => running("generate_series(1, 100000)")).toBe(1);
  const reason = new DOMException("gone", "AbortError");
  gone.abort(reason);
  expect(await settled).toBe(reason);
  expect(await running("generate_series(1, 100000)")).toBe(0);
  // The connection is sound and serves others.
  const others = await Promise.all([1, 2, 3, 4].map(() => database.one(sql`select 7 as seven`)));
  expect(others).toEqual([1, 2, 3, 4].map(() => ({ seven: 7 })));
  expect(database.usage().waiting).toBe(0);
});

test("with all connections in use, cancelling still works", async () => {
  const gone = new AbortController();
  const db = readsUntil(database, gone.signal);
  const readings = [db.all(heavy("a")), db.all(heavy("b"))].map((one) =>
    one.catch(() => "stopped"),
  );
  await expect.poll(() => running("generate_series(1, 100000)")).toBe(2);
  gone.abort();
  expect(await Promise.all(readings)).toEqual(["stopped", "stopped"]);
  expect(await running("generate_series(1, 100000)")).toBe(0);
});

test("nothing begins for a caller who has gone", async () => {
  const db = readsUntil(database, AbortSignal.abort(new Error("gone")));
  await expect(db.all(sql`select 1`)).rejects.toThrow("gone");
  await expect(db.pipeline([READ_ONLY, sql`select 1`])).rejects.toThrow("gone");
});

test("a write goes on to its end, alone or in a transaction", async () => {
  const gone = new AbortController();
  const db = readsUntil(database, gone.signal);
  const alone = db.run(sql`insert into notes select 1 from pg_sleep(0.3)`);
  const together = db.transaction(async (tx) => {
    await tx.run(sql`insert into notes select 2 from pg_sleep(0.3)`);
    return tx.all(sql`select id from notes where id = 2`);
  });
  await sleep(50);
  gone.abort();
  expect(await alone).toBe(1);
  expect(await together).toEqual([{ id: 2 }]);
  const returning = readsUntil(database, AbortSignal.timeout(50));
  const cte = sql`with made as (insert into notes select 3 from pg_sleep(0.3) returning id) select id from made`;
  expect(await returning.all(cte)).toEqual([{ id: 3 }]);
});

test("a read that fails by itself says why and leaves nothing open", async () => {
  const db = readsUntil(database, new AbortController().signal);
  await expect(db.pipeline([READ_ONLY, sql`select 1/0`])).rejects.toMatchObject({ code: "22012" });
  await expect(db.all(sql`select 1/0`)).rejects.toMatchObject({ code: "22012" });
  await database.run(sql`insert into notes values (10)`);
  expect(await db.one(sql`select count(*) as n from notes where id = 10`)).toEqual({ n: 1 });
});

test("a thousand callers who leave early harm nobody who stays", async () => {
  const over = new AbortController();
  const staying = (async () => {
    let answered = 0;
    while (!over.signal.aborted) {
      const { n } = await database.one<{ n: number }>(sql`select 5 as n, pg_sleep(0.001)`);
      answered += n === 5 ? 1 : 0;
    }
    return answered;
  })();
  for (let round = 0; round < 50; round += 1) {
    const gone = new AbortController();
    const db = readsUntil(database, gone.signal);
    const reads = Array.from({ length: 20 }, () =>
      db.all(sql`select pg_sleep(0.002)`).catch(() => "stopped"),
    );
    setTimeout(() => gone.abort(), Math.random() * 20);
    await Promise.all(reads);
  }
  over.abort();
  expect(await staying).toBeGreaterThan(10);
});
