import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call, type Answer } from "../journeys/api.ts";
import { type JourneyServer, openJourneyServer } from "../journeys/journey-server.ts";
import { openDatabase, silentLog, sql } from "@basalt/server/kernel";
import { createTestDatabase, type TestDatabase } from "../server/kernel/testing/test-database.ts";
import { makeTarget, type Target } from "./target.ts";
import { openProxy, targetOf, throughProxy, type ProxyMode, type TcpProxy } from "./tcp-proxy.ts";

/** Whoever wants every test run gets the ten seconds; the others see the same in three. */
const goneMs = process.env["BASALT_REQUIRE_ALL"] === "1" ? 10_000 : 3_000;
/** The promise is one second; a machine that runs other tests beside this one gets half of one more. */
const answerMaxMs = 1_500;
const backMaxMs = 5_000;
/**
 * A read may be answered from memory while what is there was confirmed within the last second: that is the promise for every
 * read, and an outage does not make such an answer older. With what a busy machine needs to send it.
 */
const memoryMaxMs = 1_200;

let database: TestDatabase;
let proxy: TcpProxy;
let running: JourneyServer & { close(): Promise<void> };
let target: Target;

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await openProxy(targetOf(database.url));
  running = await openJourneyServer({ databaseUrl: throughProxy(database.url, proxy) });
  target = await makeTarget([running.url], running);
}, 180_000);

afterAll(async () => {
  await proxy?.set("pass");
  await running?.close();
  await proxy?.close();
  await database?.drop();
}, 60_000);

function read(): Promise<Answer> {
  return call(`${running.url}/v0/${target.baseId}/${target.projectsId}`, { token: running.key });
}

function write(name: string): Promise<Answer> {
  return call(`${running.url}/v0/${target.baseId}/${target.projectsId}`, {
    body: { fields: { Name: name } },
    token: running.key,
    headers: { "idempotency-key": name },
  });
}

async function count(name: string): Promise<number> {
  const { body } = await read();
  const records = body["records"] as { fields: { Name?: string } }[];
  return records.filter(({ fields }) => fields.Name === name).length;
}

describe.for(["cut", "black-hole"] satisfies ProxyMode[])("the database is gone: %s", (mode) => {
  test("what memory may not answer is 503 with Retry-After in time, then all works by itself", async () => {
    const before = await read();
    expect(before.status).toBe(200);
    // Connections that were lost before are back.
    await sleep(500);
    await proxy.set(mode);
    const answers: Answer[] = [];
    const names: string[] = [];
    const goneAt = performance.now();
    while (performance.now() < goneAt + goneMs) {
      const name = crypto.randomUUID();
      names.push(name);
      const mayBeRemembered = performance.now() - goneAt < memoryMaxMs;
      const [found, ...written] = await Promise.all([read(), write(name), write(`${name}-2`)]);
      if (mayBeRemembered && found.status === 200) {
        expect(found.body).toEqual(before.body);
      } else {
        answers.push(found);
      }
      answers.push(...written);
      await sleep(200);
    }
    await proxy.set("pass");
    const backAt = performance.now();
    while ((await read()).status !== 200) {
      expect(performance.now() - backAt).toBeLessThan(backMaxMs);
      await sleep(50);
    }
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    expect(
      answers.filter(({ headers }) => !/^\d+$/.test(headers.get("retry-after") ?? "")),
    ).toEqual([]);
    expect(Math.max(...answers.map(({ tookMs }) => tookMs))).toBeLessThan(answerMaxMs);
    const [first = ""] = names;
    expect((await write(first)).status).toBe(200);
    expect(await count(first)).toBe(1);
    const health = await call(`${running.url}/health`);
    expect(health.body).toMatchObject({ status: "healthy" });
  }, 60_000);
});

test("the process says that it is not ready while the database is away, and lives on", async () => {
  await proxy.set("cut");
  await untilReadyIs(503);
  expect((await call(`${running.url}/`)).status).toBe(200);
  await proxy.set("pass");
  await untilReadyIs(200);
});

async function untilReadyIs(status: number): Promise<void> {
  for (let waitedMs = 0; (await call(`${running.url}/ready`)).status !== status; waitedMs += 50) {
    expect(waitedMs).toBeLessThan(backMaxMs);
    await sleep(50);
  }
}

test("a slow network is waited for", async () => {
  proxy.delay(40);
  const name = crypto.randomUUID();
  const { status } = await write(name);
  proxy.delay(0);
  expect(status).toBe(200);
  expect(await count(name)).toBe(1);
});

test("a slow statement is waited for as long as the server answers otherwise", async () => {
  const db = openDatabase({
    url: throughProxy(database.url, proxy),
    poolMax: 2,
    statementTimeoutMs: 20_000,
    pulseLog: silentLog,
  });
  const slow = sql`select pg_sleep(2)::text`;
  expect(await db.text(slow)).toEqual([[""]]);
  const broken = [db.text(slow), db.transaction(async (tx) => tx.all(slow))];
  await sleep(500);
  await proxy.set("black-hole");
  const outcomes = await Promise.allSettled(broken);
  await proxy.set("pass");
  expect(outcomes).toMatchObject([
    { status: "rejected", reason: { code: "kernel.database-unavailable" } },
    { status: "rejected", reason: { code: "kernel.database-unavailable" } },
  ]);
  let answer: unknown;
  for (let tries = 0; answer === undefined && tries < 100; tries += 1) {
    await sleep(50);
    answer = await db.text(sql`select 1`).catch(() => undefined);
  }
  expect(answer).toEqual([["1"]]);
  await db.close();
});
