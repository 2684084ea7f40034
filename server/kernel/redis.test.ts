import { afterEach, describe, expect, test } from "vitest";
import { silentLog } from "./log.ts";
import { openMetrics } from "./prometheus.ts";
import { COMMAND_TIMEOUT_MS, openRedis, RedisAway, redisScript, type Redis } from "./redis.ts";
import { isRedisMissing, openRedisServer, type RedisServer } from "./testing/redis-server.ts";

const secret = "a secret for tests, long enough to be one";
const count = redisScript("return redis.call('incrby', KEYS[1], ARGV[1])");

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) {
    await close();
  }
});

async function connect(redisUrl: string, more: { readonly secret?: string } = {}): Promise<Redis> {
  const redis = await openRedis(
    { redisUrl, secret, ...more },
    { log: silentLog, metrics: openMetrics() },
  );
  if (redis === undefined) {
    throw new Error("there is no Redis");
  }
  closers.push(() => redis.close());
  return redis;
}

async function server(): Promise<RedisServer> {
  const opened = await openRedisServer();
  closers.push(() => opened.close());
  return opened;
}

const isReady = (redis: Redis): Promise<void> =>
  expect.poll(() => redis.ready, { interval: 10 }).toBe(true);

test("without REDIS_URL there is none", async () => {
  const options = { log: silentLog, metrics: openMetrics() };
  expect(await openRedis({ redisUrl: null, secret }, options)).toBeUndefined();
});

test("a Redis that is not there stops nobody: asking fails at once", async () => {
  const redis = await connect("redis://127.0.0.1:1");
  expect(redis.ready).toBe(false);
  expect(redis.publish("news", "x")).toBe(false);
  await expect(redis.run(count, ["n"], [1])).rejects.toBeInstanceOf(RedisAway);
  await expect(redis.check()).rejects.toBeInstanceOf(RedisAway);
});

describe.skipIf(isRedisMissing())("with a redis-server", () => {
  test("scripts run, by their hash once they are known", async () => {
    const redis = await connect((await server()).url);
    await isReady(redis);
    await redis.check();
    expect(await redis.run(count, [redis.key("n")], [2])).toBe(2);
    expect(await redis.run(count, [redis.key("n")], [3])).toBe(5);
  });

  test("a script that Redis refuses is the caller's failure, not Redis's", async () => {
    const redis = await connect((await server()).url);
    await isReady(redis);
    const wrong = redisScript("return redis.call('nonsense')");
    await expect(redis.run(wrong, [], [])).rejects.toThrow(/nonsense|Unknown/i);
    expect(redis.ready).toBe(true);
  });

  test("messages reach every process of the instance, and none of another", async () => {
    const { url } = await server();
    const [one, two, foreign] = await Promise.all([
      connect(url),
      connect(url),
      connect(url, { secret: `${secret} of somebody else` }),
    ]);
    const heard: string[] = [];
    const strange: string[] = [];
    two.subscribe("news", (message) => heard.push(message));
    foreign.subscribe("news", (message) => strange.push(message));
    await expect
      .poll(() => {
        one.publish("news", "hello");
        return heard.length > 0;
      })
      .toBe(true);
    expect(new Set(heard)).toEqual(new Set(["hello"]));
    expect(strange).toEqual([]);
  });

  test("kill -9: away at once, back by itself, subscriptions as well", async () => {
    const redisServer = await server();
    const redis = await connect(redisServer.url);
    const heard: string[] = [];
    redis.subscribe("news", (message) => heard.push(message));
    await isReady(redis);
    await redisServer.kill();
    await expect.poll(() => redis.ready, { interval: 5 }).toBe(false);
    await expect(redis.run(count, ["n"], [1])).rejects.toBeInstanceOf(RedisAway);
    let again = 0;
    redis.onSubscribed(() => (again += 1));
    await redisServer.start();
    await isReady(redis);
    await expect.poll(() => again).toBeGreaterThan(0);
    redis.publish("news", "back");
    await expect.poll(() => heard).toContain("back");
  });

  test("one that stands still is left alone after one command, and used again when it moves", async () => {
    const redisServer = await server();
    const redis = await connect(redisServer.url);
    await isReady(redis);
    redisServer.pause();
    await expect(redis.run(count, ["n"], [1])).rejects.toBeInstanceOf(RedisAway);
    expect(redis.ready).toBe(false);
    const from = performance.now();
    for (let asked = 0; asked < 1_000; asked += 1) {
      await expect(redis.run(count, ["n"], [1])).rejects.toBeInstanceOf(RedisAway);
    }
    // Far less than one wait for each.
    expect(performance.now() - from).toBeLessThan(1_000 * COMMAND_TIMEOUT_MS);
    redisServer.resume();
    await isReady(redis);
  });
});
