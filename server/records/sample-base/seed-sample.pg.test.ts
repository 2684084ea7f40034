import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createUser } from "#identity";
import { readEvents, sql, type Scope } from "#kernel";
import { listBases, trashBase } from "#workspaces";
import { openTestWorld, type TestWorld } from "../../kernel/testing/world.ts";
import { isComputed } from "../computed/definitions.ts";
import { typedViewFilter } from "../filters/view-filter.ts";
import { fieldTypes } from "../field-types/registry.ts";
import { listRecords } from "../rows/list-records.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { shape } from "../testing/linked-tables.ts";
import { actorFor } from "../testing/new-base.ts";
import { seedSample } from "./seed-sample.ts";

const config = { sample: true };
const small = { orders: 500 };

let world: TestWorld;

beforeEach(async () => {
  world = await openTestWorld({ config });
});
afterEach(() => world.close());

async function administrator(of: TestWorld, email = "ada@basalt.test"): Promise<Scope> {
  const user = await createUser(of.system, { email, name: "Ada", admin: true });
  return of.scopeFor(actorFor(user));
}

/** Every record of every table as it is read, without addresses, which expire. */
async function contentOf(scope: Scope): Promise<Record<string, unknown>> {
  const [base] = await listBases(scope);
  const { tables } = await schemaOf(scope, base?.id ?? "");
  const content: Record<string, unknown> = {};
  for (const table of tables) {
    const { records } = await listRecords(scope, { table, pageSize: 1_000, shape });
    content[table.name] = {
      fields: table.fields.map(({ name, type }) => `${name}: ${type}`),
      views: table.views.map(({ name, type }) => `${name}: ${type}`),
      records: records.map((record) => record.replaceAll(/"url":"http:[^"]*"/g, '"url":""')),
    };
  }
  return content;
}

async function seeded(of: TestWorld): Promise<Scope> {
  await vi.waitFor(async () => expect(await listBases(of.system)).toHaveLength(1), 20_000);
  return of.system;
}

describe("before anybody has registered", () => {
  test("it is made, the same in every instance, and goes to the first administrator", async () => {
    const other = await openTestWorld({ config });
    try {
      const seeding = [world, other].map((one) => seedSample(one.system, small));
      const content = await contentOf(await seeded(world));
      expect(await contentOf(await seeded(other))).toEqual(content);
      const ada = await administrator(world);
      await administrator(other);
      await Promise.all(seeding);
      expect(await listBases(ada)).toMatchObject([{ permissionLevel: "create" }]);
    } finally {
      await other.close();
    }
  });

  test("the waiting ends with the program", async () => {
    const ending = new AbortController();
    const seeding = seedSample({ ...world.system, signal: ending.signal }, small);
    await seeded(world);
    ending.abort();
    await expect(seeding).rejects.toThrow("abort");
  });

  test("a user who is no administrator does not get it", async () => {
    const ending = new AbortController();
    const seeding = seedSample({ ...world.system, signal: ending.signal }, small);
    await seeded(world);
    const user = await createUser(world.system, { email: "bob@basalt.test" });
    const ada = await administrator(world);
    await seeding;
    expect(await listBases(world.scopeFor(actorFor(user)))).toEqual([]);
    expect(await listBases(ada)).toHaveLength(1);
  });
});

test("it uses every type of field, and its people are its owner", async () => {
  const ada = await administrator(world);
  await seedSample(world.system, small);
  const [base] = await listBases(ada);
  const { tables } = await schemaOf(ada, base?.id ?? "");
  const types = new Set(tables.flatMap(({ fields }) => fields.map(({ type }) => type)));
  expect([...types].toSorted()).toEqual(Object.keys(fieldTypes).toSorted());
  const { Tickets } = (await contentOf(ada)) as { Tickets: { records: string[] } };
  const cells = Tickets.records.map((record) => JSON.parse(record).fields);
  const userId = ada.actor.kind === "user" ? ada.actor.userId : "";
  for (const name of ["Opened by", "Changed by"]) {
    expect(new Set(cells.map((fields) => fields[name].id))).toEqual(new Set([userId]));
  }
  expect(cells.filter((fields) => fields.Assignee?.id === userId).length).toBeGreaterThan(2);
  expect(cells.filter((fields) => fields.Followers?.[0].id === userId).length).toBeGreaterThan(1);
});

test("everything that is computed can be, and fits to what it is computed from", async () => {
  const ada = await administrator(world);
  await seedSample(world.system, small);
  const [base] = await listBases(ada);
  const { tables } = await schemaOf(ada, base?.id ?? "");
  const computed = tables.flatMap(({ fields }) => fields).filter(isComputed);
  expect(computed.filter(({ options }) => options["isValid"] !== true)).toEqual([]);
  const content = (await contentOf(ada)) as Record<string, { records: string[] }>;
  const cells = (table: string): Record<string, never>[] =>
    content[table]?.records.map((record) => JSON.parse(record).fields) ?? [];
  const sum = (numbers: readonly number[]): number =>
    Math.round(100 * numbers.reduce((all, one) => all + one, 0)) / 100;
  const totals = cells("Orders").map(({ Total = 0 }) => Total);
  expect(Math.min(...totals)).toBeGreaterThan(0);
  expect(sum(cells("Customers").map(({ Revenue = 0 }) => Revenue))).toBe(sum(totals));
  expect(sum(cells("Customers").map((fields) => fields["Order count"] ?? 0))).toBe(500);
  for (const table of tables) {
    const rows = cells(table.name);
    const empty = table.fields
      .filter(isComputed)
      .filter(({ name }) => rows.every((fields) => fields[name] === undefined));
    expect([table.name, empty.map(({ name }) => name)]).toEqual([table.name, []]);
  }
});

test("views with filters show some of the records", async () => {
  const ada = await administrator(world);
  await seedSample(world.system, small);
  const [base] = await listBases(ada);
  const { tables } = await schemaOf(ada, base?.id ?? "");
  const filtered = tables.flatMap((table) =>
    table.views
      .filter(({ options }) => options["filters"] !== undefined)
      .map((view) => ({ table, view })),
  );
  expect(filtered.map(({ view }) => view.name)).toEqual(["To be paid", "To reorder", "Open"]);
  for (const { table, view } of filtered) {
    expect(
      typedViewFilter(table, view.options["filters"], { now: new Date(), userId: null }).dropped,
    ).toEqual([]);
    const { records } = await listRecords(ada, { table, view, pageSize: 1_000, shape });
    const { records: all } = await listRecords(ada, { table, pageSize: 1_000, shape });
    expect(records.length).toBeGreaterThan(0);
    expect(records.length).toBeLessThan(all.length);
  }
});

test("its log is its making and one entry about the rest", async () => {
  await administrator(world);
  await seedSample(world.system, small);
  const [base] = await listBases(world.system);
  const events = await readEvents(world.db, { baseId: base?.id ?? "", after: 0, limit: 100 });
  expect(new Set(events.map(({ name }) => name))).toEqual(
    new Set(["bases.created", "tables.created", "base.imported"]),
  );
});

test("it is made once, also by two processes at once, and does not come back when it was deleted", async () => {
  const second = await openTestWorld({ config, url: world.url });
  try {
    const ada = await administrator(world);
    await Promise.all([world, second].map(({ system }) => seedSample(system, small)));
    const bases = await listBases(ada);
    expect(bases).toHaveLength(1);
    await trashBase(ada, bases[0]?.id ?? "");
    await seedSample(world.system, small);
    expect(await listBases(ada)).toEqual([]);
  } finally {
    await second.close();
  }
});

test("what breaks off half-way leaves nothing, and the next start makes it", async () => {
  const ada = await administrator(world);
  const ending = new AbortController();
  const seeding = seedSample({ ...world.system, signal: ending.signal }, { orders: 20_000 });
  await vi.waitFor(async () => {
    const [row] = await world.db.all<{ busy: boolean }>(
      sql`select exists (select from pg_locks where locktype = 'advisory' and granted
        and database = (select oid from pg_database where datname = current_database())) as busy`,
    );
    expect(row?.busy).toBe(true);
  }, 20_000);
  ending.abort();
  await expect(seeding).rejects.toThrow();
  expect(await listBases(world.system)).toEqual([]);
  expect(await world.db.all(sql`select id from records.tables`)).toEqual([]);
  await seedSample(world.system, small);
  expect(await listBases(ada)).toHaveLength(1);
});

test("the setting turns it off", async () => {
  await seedSample({ ...world.system, config: { ...world.config, sample: false } }, small);
  expect(await listBases(world.system)).toEqual([]);
});
