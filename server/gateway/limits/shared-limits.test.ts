import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openMetrics, openRedis, type Redis, silentLog } from "#kernel";
import { testConfig } from "../../kernel/testing/config.ts";
import {
  isRedisMissing,
  openRedisServer,
  type RedisServer,
} from "../../kernel/testing/redis-server.ts";
import { fakeGateway, type FakeGateway } from "../testing/fake-world.ts";

const PROCESSES = 3;
const hundred = { limit: 100, windowS: 3_600 };

describe.skipIf(isRedisMissing())("three gateways with one Redis", () => {
  let server: RedisServer;
  const links: Redis[] = [];
  beforeAll(async () => {
    server = await openRedisServer();
    for (let at = 0; at < PROCESSES; at += 1) {
      const config = { ...testConfig, redisUrl: server.url };
      const link = await openRedis(config, { log: silentLog, metrics: openMetrics() });
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

  const gateways = (limits: Partial<typeof testConfig.limits>): FakeGateway[] =>
    links.map((redis) =>
      fakeGateway({ config: { limits: { ...testConfig.limits, ...limits } }, world: { redis } }),
    );

  async function statuses(
    opened: readonly FakeGateway[],
    count: number,
    headers: Record<string, string>,
  ): Promise<{ readonly answered: number; readonly refused: number; readonly retryAfter: number }> {
    let [answered, refused, retryAfter] = [0, 0, 0];
    for (let at = 0; at < count; at += 1) {
      const gateway = opened[at % opened.length];
      const request = new Request("http://basalt.test/v0/plain", { headers });
      const answer = await gateway?.fetch(request, { address: "203.0.113.7" });
      answered += answer?.status === 200 ? 1 : 0;
      refused += answer?.status === 429 ? 1 : 0;
      retryAfter = Number(answer?.headers.get("retry-after") ?? retryAfter);
    }
    return { answered, refused, retryAfter };
  }

  test.each([
    ["key", { authorization: "Bearer good" }],
    ["address", {}],
  ])(
    "let a hundred requests of one %s through, and the next is told to wait",
    async (name, headers) => {
      const opened = gateways({ [name]: hundred });
      const { answered, refused, retryAfter } = await statuses(opened, 150, headers);
      expect(answered).toBeGreaterThanOrEqual(100);
      // Five of a hundred for each process: see `AHEAD_SHARE`.
      expect(answered).toBeLessThanOrEqual(115);
      expect(answered + refused).toBe(150);
      expect(retryAfter).toBeGreaterThan(0);
    },
  );

  test("go on, each by itself, while Redis stands still", async () => {
    const opened = gateways({ user: hundred });
    server.pause();
    try {
      await expect.poll(() => links.some(({ ready }) => ready)).toBe(false);
      const { answered } = await statuses(opened, 330, { authorization: "Bearer good" });
      expect(answered).toBe(300);
    } finally {
      server.resume();
    }
  });
});
