import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  isRedisMissing,
  openRedisServer,
  type RedisServer,
} from "../server/kernel/testing/redis-server.ts";
import { call, expectOk, makeBase, makeKey, makeWorkspace, register } from "../journeys/api.ts";
import { outsideDatabase } from "../journeys/journey-server.ts";
import { type ServerProcess, startServer } from "../journeys/server-process.ts";

/** Nobody waits for a Redis that does not answer: far more than a call takes, far less than its ten seconds. */
const answerMaxMs = 2_000;

describe.skipIf(isRedisMissing())("Redis beside two processes", () => {
  const servers: ServerProcess[] = [];
  let redis: RedisServer;
  let database: Awaited<ReturnType<typeof outsideDatabase>>;
  let key = "";
  let session = "";
  let path = "";

  beforeAll(async () => {
    redis = await openRedisServer();
    database = await outsideDatabase();
    const env = { REDIS_URL: redis.url, BASALT_LIMIT_KEY: "1000000/60" };
    const first = await startServer({ databaseUrl: database?.url, env });
    servers.push(first);
    servers.push(await startServer({ dataDir: first.dataDir, databaseUrl: database?.url, env }));
    ({ session } = await register(first.url, "owner"));
    const workspaceId = await makeWorkspace(first.url, session, "Redis");
    ({ key } = await makeKey(first.url, session));
    const tables = [{ name: "First", fields: [{ name: "Name", type: "singleLineText" }] }];
    const { id } = await makeBase(first.url, key, { workspaceId, name: "Base", tables });
    path = `/v0/${id}/First`;
  }, 300_000);

  afterAll(async () => {
    await servers[1]?.end("SIGTERM");
    await servers[0]?.destroy();
    await redis.close();
    await database?.drop();
  }, 120_000);

  const partOf = async (url: string): Promise<unknown> => {
    const { parts } = await expectOk<{ parts: { name: string; status: string }[] }>(
      call(`${url}/health`),
    );
    return parts.find(({ name }) => name === "redis")?.status;
  };
  const isUp = async (up: "healthy" | "unhealthy"): Promise<void> => {
    for (const { url } of servers) {
      await expect.poll(() => partOf(url)).toBe(up);
      expect((await call(`${url}/ready`)).status).toBe(200);
    }
  };

  /** Reads, writes, a change of schema and a revocation, each seen by the other process as ever. */
  async function everythingWorks(): Promise<void> {
    const [one = "", two = ""] = servers.map(({ url }) => url);
    for (let turn = 0; turn < 20; turn += 1) {
      const body = { records: [{ fields: { Name: `x${turn}` } }] };
      const written = await call(`${one}${path}`, { token: key, body });
      expect(written.status).toBe(200);
      const headers = { "x-basalt-min-txn": written.headers.get("x-basalt-txn") ?? "" };
      const read = await call(`${two}${path}`, { token: key, headers });
      expect(read.status).toBe(200);
      expect(Math.max(written.tookMs, read.tookMs)).toBeLessThan(answerMaxMs);
    }
    const made = await makeKey(one, session);
    expect((await call(`${two}/v0/meta/bases`, { token: made.key })).status).toBe(200);
    await expectOk(call(`${one}/api/v1/api-keys/${made.id}`, { method: "DELETE", token: session }));
    expect((await call(`${two}/v0/meta/bases`, { token: made.key })).status).toBe(401);
  }

  test("is used and reported", async () => {
    await isUp("healthy");
    await everythingWorks();
  });

  test("stands still: nothing waits for it, and it is used again when it moves", async () => {
    redis.pause();
    await everythingWorks();
    await isUp("unhealthy");
    await everythingWorks();
    redis.resume();
    await isUp("healthy");
    await everythingWorks();
  }, 120_000);

  test("is killed and comes back empty", async () => {
    await redis.kill();
    await everythingWorks();
    await isUp("unhealthy");
    await redis.start();
    await isUp("healthy");
    await everythingWorks();
  }, 120_000);
});

test.skipIf(isRedisMissing())(
  "a Redis that is not there stops no start",
  async () => {
    const database = await outsideDatabase();
    const server = await startServer({
      databaseUrl: database?.url,
      env: { REDIS_URL: "redis://127.0.0.1:1" },
    });
    expect((await call(`${server.url}/ready`)).status).toBe(200);
    await server.destroy();
    await database?.drop();
  },
  120_000,
);
