import { afterAll, beforeAll, expect, test } from "vitest";
import { sql } from "#kernel";
import { openTestWorld, type TestWorld } from "../../kernel/testing/world.ts";
import { isComputing, untilComputed } from "./computing-state.ts";
import { ROWS_PER_WRITE_MAX } from "./propagate.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { differingRecords } from "./testing/differing-records.ts";
import { makeComputedBase, type ComputedBase } from "./testing/computed-base.ts";
import { backlogWorker, workOffChunk } from "./work-off-backlog.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await openTestWorld();
});
afterAll(async () => world.close());

const TASKS = ROWS_PER_WRITE_MAX + 1_500;

/** One project with more tasks than a write computes, each showing the project's name twice over. */
async function wideBase(): Promise<ComputedBase & { readonly project: string }> {
  const base = await makeComputedBase(world);
  const [project = ""] = await base.create("Projects", [{ Name: "old" }]);
  for (let made = 0; made < TASKS; made += 500) {
    const rows = Array.from({ length: 500 }, (_, at) => ({
      Name: `t${made + at}`,
      Project: [project],
    }));
    await base.create("Tasks", rows);
  }
  const [link, name] = [await base.field("Tasks", "Project"), await base.field("Projects", "Name")];
  await base.add("Tasks", {
    name: "Where",
    type: "multipleLookupValues",
    options: { recordLinkFieldId: link.id, fieldIdInLinkedTable: name.id },
  });
  await base.add("Tasks", {
    name: "Shout",
    type: "formula",
    options: { formula: "UPPER({Where})" },
  });
  const [tasks, shout] = [
    await base.field("Projects", "Tasks"),
    await base.field("Tasks", "Shout"),
  ];
  await base.add("Projects", {
    name: "Shouts",
    type: "rollup",
    options: {
      recordLinkFieldId: tasks.id,
      fieldIdInLinkedTable: shout.id,
      formula: 'ARRAYJOIN(ARRAYUNIQUE(values), "/")',
    },
  });
  return { ...base, project };
}

test("what is too much for a write is computed behind it, visibly, and can be waited for", async () => {
  const base = await wideBase();
  const { scope, baseId } = base;
  expect((await base.cells("Projects"))["old"]).toMatchObject({ Shouts: "OLD" });
  await base.update("Projects", base.project, { Name: "new" });
  const schema = await schemaOf(scope, baseId);
  const { tableId } = await base.field("Tasks", "Shout");
  expect(await isComputing(scope, schema, tableId)).toBe(true);
  expect((await base.cells("Tasks"))["t1"]).toMatchObject({ Shout: "OLD" });
  const worker = world.parts.of(backlogWorker);
  await worker.start();
  expect(await untilComputed(scope, schema)).toBe(true);
  await worker.idle();
  expect(await isComputing(scope, schema, tableId)).toBe(false);
  expect((await base.cells("Tasks"))["t1"]).toMatchObject({ Shout: "NEW" });
  expect((await base.cells("Projects"))["new"]).toMatchObject({ Shouts: "NEW" });
  expect(await differingRecords(base)).toBe(0);
  await base.update("Projects", base.project, { Name: "newer" });
  await untilComputed(scope, schema);
  expect((await base.cells("Projects"))["newer"]).toMatchObject({ Shouts: "NEWER" });
  await worker.stop();
}, 60_000);

test("another process goes on where one was cut off", async () => {
  const base = await wideBase();
  await base.update("Projects", base.project, { Name: "new" });
  await workOffChunk(base.scope, base.baseId);
  const second = await openTestWorld({ url: world.url });
  try {
    const worker = second.parts.of(backlogWorker);
    await worker.start();
    const third = world.scopeFor(base.scope.actor);
    expect(await untilComputed(third, await schemaOf(third, base.baseId))).toBe(true);
    await worker.stop();
    expect(await differingRecords(base)).toBe(0);
    expect((await base.cells("Projects"))["new"]).toMatchObject({ Shouts: "NEW" });
  } finally {
    await second.close();
  }
}, 60_000);

test("rows that several writes have left are computed once", async () => {
  const base = await wideBase();
  await base.update("Projects", base.project, { Name: "newer" });
  await base.update("Projects", base.project, { Name: "newest" });
  const left = async () =>
    world.db.all<{ piece: boolean; rows: number }>(sql`
      select piece, cardinality(record_ids) as rows from records.backlog
      where base_id = ${base.baseId} and record_ids is not null order by level, id`);
  expect((await left()).map(({ rows }) => rows)).toEqual([TASKS, TASKS]);
  await workOffChunk(base.scope, base.baseId);
  expect((await left())[0]).toEqual({ piece: true, rows: TASKS - 5_000 });
  while (await workOffChunk(base.scope, base.baseId)) {
    // Until nothing is left.
  }
  expect(await left()).toEqual([]);
  expect(await differingRecords(base)).toBe(0);
}, 60_000);

test("a base without anything to compute is not behind", async () => {
  const base = await makeComputedBase(world);
  expect(await isComputing(base.scope, await schemaOf(base.scope, base.baseId), null)).toBe(false);
  expect(await workOffChunk(base.scope, base.baseId)).toBe(false);
});
