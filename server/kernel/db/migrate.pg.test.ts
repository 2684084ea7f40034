import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../testing/test-database.ts";
import { migrate, type RepeatableScript } from "./migrate.ts";
import { openDatabase, type Database } from "./postgres.ts";
import { sql } from "./sql.ts";

let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase({ url: database.url, poolMax: 2, statementTimeoutMs: 5_000 });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

function answering(given: number): RepeatableScript {
  const text = `create schema if not exists repeated;
    create or replace function repeated.answer() returns integer language sql as 'select ${given}'`;
  return { name: "repeated", text, checksum: String(given) };
}

async function answer(): Promise<number> {
  const row = await db.one<{ answer: number }>(sql`select repeated.answer() as answer`);
  return row.answer;
}

test("a script is run once, and again when it has changed", async () => {
  await migrate(database.url, [], [answering(1)]);
  expect(await answer()).toBe(1);
  expect(await migrate(database.url, [], [answering(1)])).toBe(0);
  expect(await migrate(database.url, [], [answering(2)])).toBe(1);
  expect(await answer()).toBe(2);
});

test("processes that start at once run it once between them", async () => {
  const counts = await Promise.all(
    [1, 2, 3].map(async () => migrate(database.url, [], [answering(3)])),
  );
  expect(counts.toSorted((a, b) => a - b)).toEqual([0, 0, 1]);
});

test("a script that fails leaves what was there", async () => {
  await migrate(database.url, [], [answering(3)]);
  const { text, name } = answering(4);
  const broken = { name, text: `${text}; select nothing_there()`, checksum: "broken" };
  await expect(migrate(database.url, [], [broken])).rejects.toThrow(/nothing_there/);
  expect(await answer()).toBe(3);
  expect(await migrate(database.url, [], [answering(3)])).toBe(0);
});
