import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDatabase } from "../testing/test-database.ts";
import { copyCell } from "./copy.ts";
import { openDatabase, type Database } from "./postgres.ts";
import { sql } from "./sql.ts";

const database = testDatabase();
let db: Database;

beforeAll(async () => {
  db = openDatabase({ url: database.url, poolMax: 2, statementTimeoutMs: 10_000 });
  await db.script("create table cells (place integer primary key, text text)");
});

afterAll(async () => db.close());

const target = sql`copy cells (place, text) from stdin`;
const stored = () =>
  db.all<{ place: number; text: string | null }>(sql`select place, text from cells order by place`);
const emptied = () => db.run(sql`delete from cells`);

test("any text comes back as it was, and no value as none", async () => {
  const text = fc.option(
    fc.oneof(
      fc.string({ unit: "binary" }).filter((one) => one.isWellFormed() && !one.includes("\0")),
      fc.constantFrom("\\N", "\\.", "", "\t", "\r\n", "a\\tb", "\\", "N", "\u2028"),
    ),
    { nil: null },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(text, { maxLength: 30 }), async (texts) => {
      await emptied();
      const rows = texts.map((one, place) => `${place}\t${copyCell(one)}\n`).join("");
      expect(await db.copyIn(target, rows)).toBe(texts.length);
      expect((await stored()).map((row) => row.text)).toEqual(texts);
    }),
    { numRuns: 50 },
  );
});

test("a row that is refused refuses all, and the connection serves on", async () => {
  await emptied();
  for (let turn = 0; turn < 5; turn += 1) {
    await expect(db.copyIn(target, "1\ta\n2\tb\n1\tc\n")).rejects.toMatchObject({ code: "23505" });
    await expect(db.copyIn(target, "no number\ta\n")).rejects.toMatchObject({ code: "22P02" });
    await expect(db.copyIn(target, "1\ta\tone too many\n")).rejects.toMatchObject({
      code: "22P04",
    });
  }
  expect(await stored()).toEqual([]);
  expect(await db.copyIn(target, "1\ta\n")).toBe(1);
});

test("a transaction takes it along, also when it is undone in part", async () => {
  await emptied();
  await db.transaction(async (tx) => {
    await tx.copyIn(target, "1\tkept\n");
    await expect(tx.attempt(() => tx.copyIn(target, "1\tagain\n"))).rejects.toMatchObject({
      code: "23505",
    });
    expect(await tx.copyIn(target, "2\tkept\n")).toBe(1);
  });
  await expect(
    db.transaction(async (tx) => {
      await tx.copyIn(target, "3\tundone\n");
      throw new Error("undone");
    }),
  ).rejects.toThrow("undone");
  expect(await stored()).toEqual([
    { place: 1, text: "kept" },
    { place: 2, text: "kept" },
  ]);
});

test("a large copy arrives whole", async () => {
  await emptied();
  const line = "x".repeat(1_000);
  const rows = Array.from({ length: 20_000 }, (_, place) => `${place}\t${line}\n`).join("");
  expect(await db.copyIn(target, rows)).toBe(20_000);
  expect((await stored()).length).toBe(20_000);
});

test("a connection that ends in the middle is a failure and not a wait", async () => {
  await emptied();
  // Nobody else may write the row, so the copy waits inside PostgreSQL until its connection is ended.
  const held = Promise.withResolvers<void>();
  const holding = db.transaction(async (tx) => {
    await tx.run(sql`insert into cells (place, text) values (1, 'held')`);
    await held.promise;
  });
  const other = openDatabase({ url: database.url, poolMax: 1, statementTimeoutMs: 10_000 });
  const copying = db.copyIn(target, "1\ta\n");
  copying.catch(() => undefined);
  const end = sql`
    select pg_terminate_backend(pid) as ended from pg_stat_activity
    where datname = current_database() and query like '%copy cells%' and wait_event_type = 'Lock'`;
  await expect.poll(async () => (await other.all(end)).length).toBe(1);
  await expect(copying).rejects.toMatchObject({ code: "kernel.database-unavailable" });
  held.resolve();
  await holding;
  await other.close();
  expect(await stored()).toEqual([{ place: 1, text: "held" }]);
});
