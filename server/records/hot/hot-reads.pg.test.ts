import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { changeNotices, ProcessNotices, SideConnection, silentLog, type Db } from "#kernel";
import { removeMember } from "#workspaces";
import { openTestWorld, testWorld, type TestWorld } from "../../kernel/testing/world.ts";
import {
  createRecord,
  openTestApi,
  type TestAnswer,
  type TestApi,
} from "../api/testing/test-api.ts";
import { isHot, throughWorld, txnOf } from "./testing/two-worlds.ts";

const world = testWorld();
let api: TestApi;
let other: TestWorld;
let elsewhere: TestApi;
const closers: (() => Promise<void>)[] = [];
let [first, second] = ["", ""];

beforeAll(async () => {
  api = await openTestApi(world());
  other = await openTestWorld({ url: world().url });
  elsewhere = throughWorld(api, other);
  await join(world(), "one");
  await join(other, "two");
  first = await createRecord(api, api.table.id, { Name: "a", Count: 0 });
  second = await createRecord(api, api.table.id, { Name: "b", Count: 0 });
});

afterAll(async () => {
  for (const close of closers) {
    await close();
  }
  await other.close();
});

/** Lets a world tell and hear the others. */
async function join({ url, parts }: TestWorld, processId: string): Promise<void> {
  const side = new SideConnection({ url, log: silentLog });
  const isAlone = (): boolean => false;
  const notices = new ProcessNotices({ processId, side, log: silentLog, isAlone });
  closers.push(parts.of(changeNotices).use(notices), () => side.close());
  await side.open();
}

/** The world's database, and how many round trips for rows it was asked for. */
function counted(): { readonly db: Db; readonly reads: () => number } {
  let reads = 0;
  const db = new Proxy(world().db, {
    get(target, name, receiver) {
      reads += name === "texts" ? 1 : 0;
      return Reflect.get(target, name, receiver) as unknown;
    },
  });
  return { db, reads: () => reads };
}

test("many who ask the same at once are answered by one read, with the same bytes", async () => {
  const { db, reads } = counted();
  const path = `${api.table.id}?pageSize=1&sort[0][field]=Name`;
  await api.data(path);
  await api.data(api.table.id, { body: { fields: { Name: "new" } } });
  const before = reads();
  const answers = await Promise.all(
    Array.from({ length: 40 }, () => api.data(path, { scope: { db } })),
  );
  expect(reads() - before).toBeLessThanOrEqual(3);
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
});

test("a read that fails fails for all who wait, once, and is not kept", async () => {
  const { db, reads } = counted();
  const missing = `${api.table.id}/recAAAAAAAAAAAAAA`;
  const fail = async (): Promise<TestAnswer> => api.data(missing, { scope: { db } });
  const answers = await Promise.all(Array.from({ length: 20 }, fail));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]));
  expect(reads()).toBe(0);
  expect(isHot(world(), api, missing)).toBe(false);
});

test("one who goes away takes nobody along; when all have gone the read is told", async () => {
  const path = `${api.table.id}?pageSize=3`;
  await api.data(`${api.table.id}/${first}`, { method: "PATCH", body: { fields: { Count: 0 } } });
  const gone = new AbortController();
  const one = api.data(path, { scope: { signal: gone.signal } });
  const another = api.data(path);
  gone.abort();
  expect((await another).status).toBe(200);
  await one.catch(() => undefined);
  expect((await api.data(path)).status).toBe(200);
});

test("who loses the right is refused at once", async () => {
  const reader = api.people["read-only"];
  const path = `${api.table.id}/${first}`;
  expect((await api.data(path, { actor: reader })).status).toBe(200);
  await removeMember(world().system, { workspaceId: api.workspaceId }, reader.userId);
  expect((await api.data(path, { actor: reader })).status).toBe(403);
  expect((await api.data(path)).status).toBe(200);
});

test("x-basalt-min-txn: what is no number is refused, what is never reached is told in a second", async () => {
  const ask = async (value: string): Promise<TestAnswer> =>
    api.data(api.table.id, { headers: { "x-basalt-min-txn": value } });
  for (const value of ["", "-1", "1.5", "x", "1, 2", "1e3", "9".repeat(16)]) {
    expect((await ask(value)).status, value).toBe(422);
  }
  expect((await ask("0")).status).toBe(200);
  const { status, body, headers } = await ask("999999");
  expect([status, headers.get("retry-after")]).toEqual([503, "1"]);
  expect(body).toMatchObject({ error: { type: "TRANSACTION_NOT_REACHED" } });
  // Nobody learns by waiting that a base is there.
  const stranger = await api.data(api.table.id, {
    actor: api.people.stranger,
    headers: { "x-basalt-min-txn": "999999" },
  });
  expect(stranger.status).toBe(403);
});

/** What a reader must find: the count that was written last, as of each number. */
class History {
  private readonly counts: { readonly txn: number; readonly count: number }[] = [];

  wrote(txn: number, count: number): void {
    this.counts.push({ txn, count });
  }

  /** The least count that may be shown at this number. */
  at(txn: number): number {
    return Math.max(0, ...this.counts.filter((one) => one.txn <= txn).map(({ count }) => count));
  }
}

async function writeAll(history: History, turns: number): Promise<void> {
  for (let count = 1; count <= turns; count += 1) {
    const through = count % 2 === 0 ? api : elsewhere;
    const records = [first, second].map((id) => ({ id, fields: { Count: count } }));
    const answer = await through.data(api.table.id, { method: "PATCH", body: { records } });
    expect(answer.status, answer.text).toBe(200);
    history.wrote(txnOf(answer), count);
    // Read by the writer itself, at once.
    const read = await through.data(`${api.table.id}/${first}`);
    expect(read.body["fields"]?.["Count"]).toBeGreaterThanOrEqual(count);
    if (count % 10 === 0) {
      await through.data(api.other.id, { body: { fields: { Name: "another table" } } });
    }
  }
}

async function readOn(through: TestApi, history: History, isOver: () => boolean): Promise<number> {
  let last = 0;
  let reads = 0;
  for (; !isOver(); reads += 1) {
    // What is in memory is answered without leaving the turn: others must have theirs.
    await nextTurn();
    const path = [
      `${api.table.id}/${first}`,
      api.table.id,
      `${api.table.id}/${second}`,
      api.other.id,
    ][reads % 4];
    const answer = await through.data(path ?? "");
    expect(answer.status, answer.text).toBe(200);
    const txn = txnOf(answer);
    expect(txn).toBeGreaterThanOrEqual(last);
    last = txn;
    const records = answer.body["records"] ?? [answer.body];
    const shown = records
      .filter(({ id }) => [first, second].includes(id ?? ""))
      .map((record) => Number(record["fields"]?.["Count"]));
    if (shown.length > 0) {
      expect(Math.min(...shown)).toBeGreaterThanOrEqual(history.at(txn));
      expect(new Set(shown).size).toBe(1);
    }
  }
  return reads;
}

test("two processes that write by turns: what is read is never older than the number it shows", async () => {
  const history = new History();
  let over = false;
  const isOver = (): boolean => over;
  const readers = [api, api, elsewhere, elsewhere].map((through) =>
    readOn(through, history, isOver),
  );
  await writeAll(history, 150).finally(() => {
    over = true;
  });
  const reads = await Promise.all(readers);
  expect(Math.min(...reads)).toBeGreaterThan(20);
}, 60_000);
