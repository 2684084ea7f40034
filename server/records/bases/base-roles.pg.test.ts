import { constant, ident, literal, sql, type Sql } from "#kernel";
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { createTestDatabase } from "../../kernel/testing/test-database.ts";
import { openTestWorld, testWorld, type TestWorld } from "../../kernel/testing/world.ts";
import { createTable } from "../tables/create-table.ts";
import { namedSchema, readerRole, type BaseSchema } from "../schema/base-schema.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { expectRefusal, firstTable, makeTestBase, textField } from "../testing/test-base.ts";
import { createField } from "../fields/create-field.ts";
import { createBase } from "./create-base.ts";
import { deleteBase } from "./delete-base.ts";
import { dropBase } from "./drop-base.ts";

const world = testWorld();

/** What a role may do: rows, or the text of PostgreSQL's refusal. */
async function as(role: string | null, statement: Sql): Promise<unknown> {
  return world()
    .db.transaction(async (tx) => {
      await tx.script(sql`set local role ${ident(role ?? "nobody")}`.text);
      return tx.all(statement);
    })
    .catch((error: Error) => error.message);
}

function addRow(schema: BaseSchema, tableId: string, id: string): Sql {
  return sql`insert into ${ident(schema.baseId, tableId)} (id, created_time, modified_time, version)
    values (${id}, now(), now(), 1) returning id, auto_number`;
}

test("a base's role writes its own tables, those made later included, and no others", async () => {
  const scope = world().system;
  const [a, b] = [await makeTestBase(scope), await makeTestBase(scope)];
  const later = await createTable(scope, {
    baseId: a.baseId,
    name: "Later",
    fields: [
      textField("Name"),
      { name: "L", type: "multipleRecordLinks", options: { linkedTableId: firstTable(a).id } },
    ],
  });
  expect(await as(a.role, addRow(a, firstTable(a).id, "rec1"))).toEqual([
    { id: "rec1", auto_number: 1 },
  ]);
  expect(await as(a.role, addRow(a, later.id, "rec1"))).toEqual([{ id: "rec1", auto_number: 1 }]);
  const junction = String(later.fields[1]?.options["junction"]);
  const pair = sql`insert into ${ident(a.baseId, junction)} (a, b, a_pos, b_pos) values ('r', 's', 0, 0) returning a`;
  expect(await as(a.role, pair)).toEqual([{ a: "r" }]);
  expect(await as(a.role, addRow(b, firstTable(b).id, "rec1"))).toContain(
    "permission denied for schema",
  );
  expect(await as(a.role, sql`select id from records.bases`)).toContain("permission denied");
  expect(await as(a.role, sql`select name from kernel.facts`)).toContain("permission denied");
  expect(await as(a.role, sql`select id from workspaces.workspaces`)).toContain(
    "permission denied",
  );
  expect(await as(a.role, sql`create table ${ident(a.baseId, "x")} (y int)`)).toContain(
    "permission denied",
  );
  expect(await as(a.role, sql`select 'a' collate kernel.natural_ci < 'B' as sorted`)).toEqual([
    { sorted: true },
  ]);
});

test("a base's reader sees the readable views alone", async () => {
  const scope = world().system;
  const [a, b] = [await makeTestBase(scope), await makeTestBase(scope)];
  await as(a.role, addRow(a, firstTable(a).id, "rec1"));
  const reader = readerRole(a.baseId);
  expect(
    await as(reader, sql`select record_id, "Name" from ${ident(namedSchema(a.baseId), "Things")}`),
  ).toEqual([{ record_id: "rec1", Name: null }]);
  const denied = [
    sql`select id from ${ident(a.baseId, firstTable(a).id)}`,
    sql`select record_id from ${ident(namedSchema(b.baseId), "Things")}`,
    sql`delete from ${ident(namedSchema(a.baseId), "Things")}`,
    sql`create view ${ident(namedSchema(a.baseId), "Mine")} as select 1 as one`,
    sql`select id from records.fields`,
  ];
  for (const statement of denied) {
    expect(await as(reader, statement)).toContain("permission denied");
  }
});

const leftovers = (baseId: string): Sql => sql`
  select nspname as name from pg_namespace where nspname like ${`${baseId}%`}
  union all select rolname from pg_roles where rolname like ${`basalt_${baseId}%`}
  union all select id from records.tables where base_id = ${baseId}
  union all select id from records.fields where base_id = ${baseId}
  union all select id from records.bases where id = ${baseId}`;

test("a dropped base leaves nothing behind, and dropping it again does no harm", async () => {
  const scope = world().system;
  const tables = Array.from({ length: 60 }, (_, at) => ({
    name: `T${at}`,
    fields: [textField("A")],
  }));
  const base = await makeTestBase(scope, tables);
  await createField(scope, {
    baseId: base.baseId,
    tableId: firstTable(base).id,
    name: "L",
    type: "multipleRecordLinks",
    options: { linkedTableId: String(base.tables[1]?.id) },
  });
  expect(await world().db.all(leftovers(base.baseId))).not.toEqual([]);
  await deleteBase(scope, base);
  await dropBase(scope, base);
  expect(await world().db.all(leftovers(base.baseId))).toEqual([]);
  await dropBase(scope, base);
  await expectRefusal(Promise.resolve(schemaOf(scope, base.baseId)), "records.base-not-found");
});

test("a base that could not be made leaves nothing behind", async () => {
  const scope = world().system;
  const base = { workspaceId: "wspAAAAAAAAAAAAAA", name: "B" };
  await expectRefusal(
    createBase(scope, { ...base, tables: [{ name: "T", fields: [textField("A")] }] }),
    "workspaces.not-found-or-not-allowed",
  );
  const { orphans } = await world().db.one<{ orphans: number }>(sql`
    select count(*) as orphans from pg_namespace n
    where n.nspname like 'app%' and left(n.nspname, 17) not in (select id from records.bases)`);
  expect(orphans).toBe(0);
});

/** A world whose user is a fresh one with these attributes, on a database of its own. */
async function withUser(
  attributes: "createrole" | "nocreaterole",
  run: (limited: TestWorld) => Promise<void>,
): Promise<void> {
  const database = await createTestDatabase();
  const login = `limited_${randomBytes(6).toString("hex")}`;
  await world().db.script(
    sql`create role ${ident(login)} login ${constant(attributes)} password ${literal("test")};
      grant create on database ${ident(database.name)} to ${ident(login)}`.text,
  );
  const url = new URL(database.url);
  url.username = login;
  url.password = "test";
  const limited = await openTestWorld({ url: url.href });
  try {
    await run(limited);
  } finally {
    await limited.close();
    await database.drop();
    await world().db.script(sql`drop role ${ident(login)}`.text);
  }
}

test("a server that lets us make no roles is used without them", async () => {
  await withUser("nocreaterole", async ({ system: scope, db }) => {
    const base = await makeTestBase(scope);
    expect(base.role).toBeNull();
    const { baseId } = base;
    await createTable(scope, { baseId, name: "More", fields: [textField("A")] });
    expect(await db.all(sql`select "A" from ${ident(namedSchema(baseId), "More")}`)).toEqual([]);
    await dropBase(scope, base);
    expect(await db.all(leftovers(baseId))).toEqual([]);
  });
});

test("roles that are made can be taken on, whatever the server's defaults", async () => {
  await withUser("createrole", async ({ system: scope, db }) => {
    const base = await makeTestBase(scope);
    const user = await db.transaction(async (tx) => {
      await tx.script(sql`set local role ${ident(base.role ?? "none")}`.text);
      return tx.one(sql`select current_user::text as name`);
    });
    expect(user).toEqual({ name: base.role });
    await dropBase(scope, base);
    expect(await db.all(leftovers(base.baseId))).toEqual([]);
  });
});
