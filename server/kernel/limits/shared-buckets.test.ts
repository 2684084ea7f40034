import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { silentLog } from "../log.ts";
import { openMetrics } from "../prometheus.ts";
import { openRedis, type Redis } from "../redis.ts";
import { isRedisMissing, openRedisServer, type RedisServer } from "../testing/redis-server.ts";
import { testConfig } from "../testing/config.ts";
import { AHEAD_SHARE, SharedBuckets } from "./shared-buckets.ts";
import { type BucketRate, TokenBuckets } from "./token-buckets.ts";

const PROCESSES = 3;

describe.skipIf(isRedisMissing())("buckets of three processes over Redis", () => {
  let server: RedisServer;
  const links: Redis[] = [];
  beforeAll(async () => {
    server = await openRedisServer();
    for (let at = 0; at < PROCESSES; at += 1) {
      const link = await openRedis(
        { ...testConfig, redisUrl: server.url },
        { log: silentLog, metrics: openMetrics() },
      );
      links.push(...(link === undefined ? [] : [link]));
    }
    while (!links.every(({ ready }) => ready)) {
      await sleep(5);
    }
  });
  afterAll(async () => {
    await Promise.all(links.map((link) => link.close()));
    await server.close();
  });

  interface Process {
    readonly buckets: TokenBuckets;
    readonly shared: SharedBuckets;
  }

  const open = (name: string, rate: BucketRate): Process[] =>
    links.map((link) => ({
      buckets: new TokenBuckets(name, rate),
      shared: new SharedBuckets(link),
    }));

  /** Asks as the gateway does: in Redis itself where the process is too far ahead. */
  async function takes({ buckets, shared }: Process, key: string): Promise<boolean> {
    const bucket = buckets.look(key, performance.now());
    if (buckets.waitMs(bucket) > 0) {
      return false;
    }
    if (!shared.isSure(buckets, bucket)) {
      const isTaken = await shared.claim(buckets, bucket);
      if (isTaken !== undefined) {
        return isTaken;
      }
    }
    buckets.take(bucket);
    shared.changed(buckets, bucket);
    return true;
  }

  async function empty(process: Process, key: string): Promise<number> {
    let taken = 0;
    while (await takes(process, key)) {
      taken += 1;
    }
    return taken;
  }

  const slack = (burst: number): number => PROCESSES * Math.max(1, Math.floor(burst * AHEAD_SHARE));

  test.each([5, 100, 1_000])(
    "a limit of %i holds for all together, one after another",
    async (limit) => {
      const processes = open(`turns-${limit}`, { limit, windowMs: 1e9 });
      let taken = 0;
      for (let at = 0; at < limit * 2; at += 1) {
        const process = processes[at % PROCESSES];
        taken += process !== undefined && (await takes(process, "a")) ? 1 : 0;
      }
      expect(taken).toBeGreaterThanOrEqual(limit);
      expect(taken).toBeLessThanOrEqual(limit + slack(limit));
    },
  );

  test.each([5, 100, 1_000])(
    "a limit of %i holds for a crowd that comes everywhere at once",
    async (limit) => {
      const processes = open(`crowd-${limit}`, { limit, windowMs: 1e9 });
      const asks = processes.flatMap((process) =>
        Array.from({ length: limit }, () => takes(process, "a")),
      );
      const taken = (await Promise.all(asks)).filter(Boolean).length;
      expect(taken).toBeGreaterThanOrEqual(limit);
      expect(taken).toBeLessThanOrEqual(limit + slack(limit));
    },
  );

  test("who used up a limit at one process finds it used up at another", async () => {
    const [one, other] = open("moves", { limit: 40, windowMs: 1e9 });
    if (one === undefined || other === undefined) {
      throw new Error("two processes are needed");
    }
    await empty(one, "a");
    await one.shared.settled();
    expect(await empty(other, "a")).toBeLessThanOrEqual(2);
  });

  test("tokens come back at the rate, for all together", async () => {
    const processes = open("rate", { limit: 100, windowMs: 1_000, burst: 10 });
    const from = performance.now();
    let taken = 0;
    while (performance.now() - from < 1_000) {
      const answers = await Promise.all(processes.map((process) => takes(process, "a")));
      taken += answers.filter(Boolean).length;
      await sleep(1);
    }
    const seconds = (performance.now() - from) / 1_000;
    expect(taken).toBeLessThanOrEqual(10 + 100 * seconds + slack(10));
    expect(taken).toBeGreaterThan(50);
  });

  test("a penalty that begins in one process holds in all", async () => {
    const processes = open("penalty", { limit: 5, windowMs: 1_000, penaltyMs: 30_000 });
    const [first] = processes;
    if (first === undefined) {
      throw new Error("a process is needed");
    }
    await empty(first, "a");
    const bucket = first.buckets.look("a", performance.now());
    first.buckets.punish(bucket);
    first.shared.changed(first.buckets, bucket);
    await first.shared.settled();
    for (const process of processes.slice(1)) {
      await takes(process, "a");
      await process.shared.settled();
      expect(await takes(process, "a")).toBe(false);
      const waitMs = process.buckets.waitMs(process.buckets.look("a", performance.now()));
      expect(waitMs).toBeGreaterThan(28_000);
      expect(waitMs).toBeLessThanOrEqual(30_000);
    }
  });

  test("while Redis stands still each process counts alone, and nobody waits", async () => {
    const processes = open("alone", { limit: 10, windowMs: 1e9 });
    server.pause();
    try {
      await expect.poll(() => links.some(({ ready }) => ready)).toBe(false);
      for (const process of processes) {
        let taken = 0;
        for (let at = 0; at < 20; at += 1) {
          taken += (await takes(process, "a")) ? 1 : 0;
        }
        // One may have been asked while the silence was not noticed yet.
        expect(taken).toBeGreaterThanOrEqual(10);
        expect(taken).toBeLessThanOrEqual(11);
      }
    } finally {
      server.resume();
    }
    await expect.poll(() => links.every(({ ready }) => ready)).toBe(true);
    // What was taken meanwhile is not forgotten.
    for (const process of processes) {
      expect(await takes(process, "a")).toBe(false);
    }
  });
});
