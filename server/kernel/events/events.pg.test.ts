import { expect, test } from "vitest";
import { keepPartitions, publish, readEvents, sql, type ChangeEvent } from "../index.ts";
import { testWorld } from "../testing/world.ts";

const world = testWorld();

function event(txn: number, seq = 0, at = new Date("2026-11-20T10:00:00Z")): ChangeEvent {
  return {
    baseId: "appAAAAAAAAAAAAAA",
    txn,
    seq,
    at,
    name: "records.created",
    tableId: "tblAAAAAAAAAAAAAA",
    recordIds: ["recAAAAAAAAAAAAAA"],
    fieldIds: [],
    body: { after: [['\u0001 "quoted" 😀']] },
    actorId: null,
    source: "api",
    requestId: null,
    cause: ["automation run X"],
  };
}

test("processes that start at once make the partitions together", async () => {
  const now = new Date("2031-05-14T10:00:00Z");
  await Promise.all(Array.from({ length: 4 }, async () => keepPartitions(world().db, now, 30)));
  const partitions = await world().db.all<{ name: string }>(
    sql`select relname as name from pg_class where relname like 'events_2031____' order by 1`,
  );
  expect(partitions.map(({ name }) => name)).toEqual([
    "events_20310512",
    "events_20310519",
    "events_20310526",
  ]);
});

test("what is older than the days kept goes with its partition", async () => {
  await keepPartitions(world().db, new Date("2026-11-20T10:00:00Z"), 30);
  const dropped = await keepPartitions(world().db, new Date("2027-02-20T10:00:00Z"), 30);
  expect(dropped).toContain("events_20261116");
  expect(await keepPartitions(world().db, new Date("2027-02-20T10:00:00Z"), 30)).toEqual([]);
});

test("a reader gets whole transactions, in order, up to its limit or one transaction over it", async () => {
  await world().db.transaction(async (tx) =>
    publish(tx, [event(1), event(2, 0), event(2, 1), event(2, 2), event(3)]),
  );
  const read = async (after: number, limit: number) =>
    (await readEvents(world().db, { baseId: "appAAAAAAAAAAAAAA", after, limit })).map(
      ({ txn, seq }) => `${txn}.${seq}`,
    );
  expect(await read(0, 100)).toEqual(["1.0", "2.0", "2.1", "2.2", "3.0"]);
  expect(await read(0, 2)).toEqual(["1.0"]);
  expect(await read(1, 1)).toEqual(["2.0", "2.1", "2.2"]);
  expect(await read(0, 4)).toEqual(["1.0", "2.0", "2.1", "2.2"]);
  expect(await read(3, 10)).toEqual([]);
  const [first] = await readEvents(world().db, { baseId: "appAAAAAAAAAAAAAA", after: 0, limit: 1 });
  expect(first).toEqual(event(1));
});
