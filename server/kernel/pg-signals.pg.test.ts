import { afterEach, beforeEach, expect, test } from "vitest";
import { inTransaction } from "./db/db.ts";
import { openDatabase, type Database } from "./db/postgres.ts";
import { SideConnection } from "./db/side-connection.ts";
import { sql } from "./db/sql.ts";
import { silentLog } from "./log.ts";
import { PgSignals } from "./pg-signals.ts";
import { newProcessId, Processes } from "./processes.ts";
import { openTestWorld, type TestWorld } from "./testing/world.ts";

/** One of several processes on the same database. */
interface Joined {
  readonly db: Database;
  readonly side: SideConnection;
  readonly signals: PgSignals;
  readonly processes: Processes;
  /** Keys of the topic `test.changed` that it heard. */
  readonly heard: string[];
  close(): Promise<void>;
}

let world: TestWorld;
const joined: Joined[] = [];

beforeEach(async () => {
  world = await openTestWorld();
});
afterEach(async () => {
  for (const one of joined.splice(0)) {
    await one.close();
  }
  await world.close();
});

async function join(): Promise<Joined> {
  const { url } = world;
  const id = newProcessId();
  const db = openDatabase({ url, poolMax: 3, statementTimeoutMs: 5_000 });
  const side = new SideConnection({ url, log: silentLog });
  const signals = new PgSignals({ processId: id, side, log: silentLog });
  await side.open();
  await signals.open();
  const now = (): Date => new Date();
  const processes = new Processes({ id, db, side, signals, log: silentLog, now });
  await processes.join({ roles: ["api"], version: "1", address: "" });
  const heard: string[] = [];
  signals.listen("test.changed", (key) => heard.push(key));
  const one = {
    db,
    side,
    signals,
    processes,
    heard,
    close: async () => {
      await processes.leave();
      await signals.close();
      await side.close();
      await db.close();
    },
  };
  joined.push(one);
  return one;
}

test("when a signal has been sent, every process has heard it", async () => {
  const [one, two, three] = [await join(), await join(), await join()];
  for (let turn = 0; turn < 50; turn += 1) {
    const key = String(turn);
    await inTransaction(one, async (tx) => {
      await one.signals.send(tx.db, "test.changed", key);
    });
    expect([one.heard.at(-1), two.heard.at(-1), three.heard.at(-1)]).toEqual([key, key, key]);
  }
});

test("outside a transaction as well, and from many at once", async () => {
  const all = [await join(), await join(), await join()];
  await Promise.all(
    all.flatMap((sender, from) =>
      Array.from({ length: 30 }, (_, turn) =>
        sender.signals.send(sender.db, "test.changed", `${from}/${turn}`),
      ),
    ),
  );
  for (const { heard } of all) {
    expect(new Set(heard).size).toBe(90);
  }
});

test("a transaction that is rolled back tells nobody, and nobody hears before the commit", async () => {
  const [one, two] = [await join(), await join()];
  const failing = inTransaction(one, async (tx) => {
    await one.signals.send(tx.db, "test.changed", "no");
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  await inTransaction(one, async (tx) => {
    await one.signals.send(tx.db, "test.changed", "yes");
    await one.signals.send(one.db, "test.changed", "meanwhile");
    expect(two.heard).toEqual(["meanwhile"]);
  });
  expect(two.heard).toEqual(["meanwhile", "yes"]);
});

test("a process that is dead holds nobody up for more than a second, and once only", async () => {
  const [one, two] = [await join(), await join()];
  // As after kill -9: its row is still there, and it says nothing.
  await two.side.close();
  const tookMs = async (): Promise<number> => {
    const from = performance.now();
    await one.signals.send(one.db, "test.changed", "x");
    return performance.now() - from;
  };
  expect(await tookMs()).toBeGreaterThan(900);
  expect(await tookMs()).toBeLessThan(900);
});

test("a process whose connection is cut hears what it missed when it is back", async () => {
  const [one, two] = [await join(), await join()];
  await one.db.all(
    sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'basalt-processes'`,
  );
  await one.signals.send(one.db, "test.changed", "missed");
  await expect.poll(() => two.heard).toContain("missed");
});

test("who is there is known to all as soon as somebody joins or leaves", async () => {
  const one = await join();
  expect(one.processes.isAlone).toBe(true);
  const two = await join();
  expect(one.processes.isAlone).toBe(false);
  expect(two.processes.isAlone).toBe(false);
  await expect
    .poll(() => one.processes.list().map(({ id }) => id))
    .toEqual([one.processes.id, two.processes.id]);
  await two.processes.leave();
  await expect.poll(() => one.processes.isAlone).toBe(true);
});

test("who cannot reach the database does not take itself for alone", async () => {
  const one = await join();
  await one.side.close();
  await expect.poll(() => one.processes.isAlone).toBe(false);
});
