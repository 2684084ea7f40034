import { afterAll, beforeAll, expect, test } from "vitest";
import { call, makeBase } from "./api.ts";
import { type JourneyServer, openJourneyServer } from "./journey-server.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

let api: JourneyServer & { close(): Promise<void> };
let gateway: ServerProcess;

beforeAll(async () => {
  api = await openJourneyServer({ env: { BASALT_TRUSTED_PROXIES: "127.0.0.1" } });
  gateway = await startServer({
    dataDir: api.server.dataDir,
    databaseUrl: api.databaseUrl,
    env: { BASALT_ROLES: "gateway", BASALT_API_URL: api.url },
  });
}, 180_000);

afterAll(async () => {
  await gateway?.end("SIGTERM");
  await api?.close();
}, 60_000);

test("a process that is only a gateway sends everything to those with the API", async () => {
  const { key, workspaceId, owner } = api;
  const tables = [{ name: "T", fields: [{ name: "Name", type: "singleLineText" }] }];
  const base = await makeBase(gateway.url, key, { workspaceId, name: "Through", tables });
  for (const prefix of ["/v0", "/airtable"]) {
    const made = await call(`${gateway.url}${prefix}/${base.id}/T`, {
      token: key,
      body: { records: [{ fields: { Name: prefix } }] },
    });
    expect(made.status, made.text).toBe(200);
  }
  const listed = await call(`${gateway.url}/v0/${base.id}/T`, { token: key });
  expect(listed.body).toMatchObject({ records: [{ fields: { Name: "/v0" } }, {}] });
  const missing = await call(`${gateway.url}/v0/${base.id}/Nothing`, { token: key });
  expect(missing.status).toBe(403);
  expect((await call(`${gateway.url}/v0/${base.id}/T`)).status).toBe(401);
  const state = await call(`${gateway.url}/api/v1/admin/gateway`, { token: owner.session });
  expect(state.text).toContain(`:${gateway.port}"`);
  const { text } = await call(`${gateway.url}/metrics`);
  expect(text).toMatch(/gateway_backend_requests_total\{upstream="basalt-api",outcome="200"\}/);
});

test("it says so where no process with the API answers", async () => {
  await api.server.end("SIGTERM");
  const answer = await call(`${gateway.url}/v0/meta/whoami`, { token: api.key });
  expect([502, 503]).toContain(answer.status);
  expect((await call(`${gateway.url}/health`)).status).toBe(200);
});
