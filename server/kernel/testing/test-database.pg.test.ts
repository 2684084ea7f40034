import pg from "pg";
import { expect, test } from "vitest";
import { sql } from "../db/sql.ts";
import { createTestDatabase, testDatabase } from "./test-database.ts";

const database = testDatabase();

test("a file's database answers under its own name", async () => {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query(sql`select current_database() as name`);
  await client.end();
  expect(rows).toEqual([{ name: database.name }]);
});

test("a dropped database is gone, open connections or not", async () => {
  const made = await createTestDatabase();
  const client = new pg.Client({ connectionString: made.url });
  client.on("error", () => undefined);
  await client.connect();
  await made.drop();
  await expect(new pg.Client({ connectionString: made.url }).connect()).rejects.toMatchObject({
    code: "3D000",
  });
  await client.end();
});

test("a role that the owner makes can be taken on", async () => {
  const role = `role_${database.name}`;
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(`create role ${role} nologin`);
  // Before PostgreSQL 16 whoever makes a role is not a member of it, and on any version may become one.
  await client.query(`grant ${role} to current_user`);
  await client.query(`set role ${role}`);
  const { rows } = await client.query(sql`select current_user::text as name`);
  await client.query("reset role");
  await client.query(`drop role ${role}`);
  await client.end();
  expect(rows).toEqual([{ name: role }]);
});
