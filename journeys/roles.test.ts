import { afterAll, beforeAll, expect, test } from "vitest";
import { call, expectOk, makeBase, makeKey, makeWorkspace, register } from "./api.ts";
import { outsideDatabase } from "./journey-server.ts";
import { type ServerOptions, type ServerProcess, startServer } from "./server-process.ts";

// Gateway, two api processes and a worker as on four machines: one database, one secret.
const servers: ServerProcess[] = [];
let database: Awaited<ReturnType<typeof outsideDatabase>>;
let gateway: ServerProcess;

async function start(roles: string, options: ServerOptions = {}): Promise<ServerProcess> {
  const server = await startServer({
    dataDir: servers[0]?.dataDir,
    databaseUrl: database?.url,
    ...options,
    env: { BASALT_ROLES: roles, ...options.env },
  } as ServerOptions);
  servers.push(server);
  return server;
}

beforeAll(async () => {
  database = await outsideDatabase();
  const worker = await start("worker");
  const env = { BASALT_TRUSTED_PROXIES: "127.0.0.1", BASALT_DRAIN_MS: "0" };
  const apis = [await start("api", { env }), await start("api", { env })];
  gateway = await start("gateway", {
    env: { BASALT_API_URL: apis.map(({ url }) => url).join(",") },
  });
  expect(worker.url).not.toBe(gateway.url);
}, 300_000);

afterAll(async () => {
  for (const server of servers.slice(1).toReversed()) {
    await server.end("SIGTERM");
  }
  await servers[0]?.destroy();
  await database?.drop();
}, 120_000);

test("everything works through a gateway that is nothing else", async () => {
  const { url } = gateway;
  const { session } = await register(url, "owner");
  const workspaceId = await makeWorkspace(url, session, "Split");
  const { key } = await makeKey(url, session);
  const tables = [{ name: "Plants", fields: [{ name: "Name", type: "singleLineText" }] }];
  const base = await makeBase(url, key, { workspaceId, name: "Garden", tables });
  const records = `${url}/v0/${base.id}/Plants`;
  for (let turn = 0; turn < 20; turn += 1) {
    const body = { records: [{ fields: { Name: `Fern ${turn}` } }] };
    const written = await call(records, { token: key, body });
    // The next call may be answered by the other process, which is told what it must have seen.
    const headers = { "x-basalt-min-txn": written.headers.get("x-basalt-txn") ?? "" };
    const { records: page } = await expectOk<{ records: unknown[] }>(
      call(records, { token: key, headers }),
    );
    expect(page).toHaveLength(turn + 1);
  }
  const refused = await call(records, { token: "patNobody.0" });
  expect(refused.status).toBe(401);
  expect((await call(`${url}/v0/meta/nothing`, { token: key })).status).toBe(404);
});

test("each process answers for itself whether it is well, and a worker has no api", async () => {
  for (const { url } of servers) {
    expect((await call(`${url}/health`)).status).toBe(200);
    expect((await call(`${url}/ready`)).status).toBe(200);
    expect((await call(`${url}/metrics`)).text).toContain("process_resident_memory_bytes");
  }
  const [worker] = servers;
  expect((await call(`${worker?.url}/v0/meta/bases`)).status).toBe(404);
});

test("one api process goes: the gateway sends to the other, and to both when it is back", async () => {
  const api = servers[1];
  await api?.end("SIGKILL");
  const statuses = await Promise.all(
    Array.from({ length: 20 }, async () => (await call(`${gateway.url}/v0/meta/whoami`)).status),
  );
  expect(new Set(statuses)).toEqual(new Set([401]));
});
