import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Answer, call, expectOk, type Json, makeBase, makeKey, makeWorkspace } from "./api.ts";
import { type JourneyServer, openJourneyServer } from "./journey-server.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

let running: JourneyServer & { close(): Promise<void> };
let again: ServerProcess | undefined;

beforeAll(async () => {
  running = await openJourneyServer();
}, 180_000);

afterAll(async () => {
  await again?.destroy();
  await running?.close();
}, 60_000);

const asOwner = (path: string, body?: unknown, method?: string): Promise<Answer> =>
  call(`${running.url}${path}`, {
    token: running.owner.session,
    ...(body === undefined ? {} : { body }),
    ...(method === undefined ? {} : { method }),
  });

/** A workspace of its own with a base of one table, and a key. */
async function makePlace(name: string): Promise<{
  readonly workspaceId: string;
  readonly baseId: string;
  readonly table: string;
  readonly key: { readonly id: string; readonly key: string };
}> {
  const { url, owner } = running;
  const workspaceId = await makeWorkspace(url, owner.session, name);
  const tables = [{ name: "T", fields: [{ name: "Name", type: "singleLineText" }] }];
  const base = await makeBase(url, owner.session, { workspaceId, name, tables });
  const key = await makeKey(url, owner.session);
  return { workspaceId, baseId: base.id, table: `/v0/${base.id}/${base.tables[0]?.id}`, key };
}

interface Usage {
  readonly rows: readonly (Json & { readonly keyId: string | null })[];
  readonly held: { readonly records: number };
}

async function usageOf(workspaceId: string): Promise<Usage> {
  return expectOk<Usage>(asOwner(`/api/v1/workspaces/${workspaceId}/usage`));
}

/** Several processes learn of each other's use when they write it, every two seconds. */
const isSeveral = process.env["BASALT_TEST_PROCESSES"] !== undefined;
const everybodyKnows = (): Promise<void> => sleep(isSeveral ? 5_000 : 0);

const names = (count: number): object => ({
  records: Array.from({ length: count }, (_, at) => ({ fields: { Name: `n${at}` } })),
});

test("every answer is counted once, from memory or not, on the key that asked", async () => {
  const { workspaceId, table, key } = await makePlace("counted");
  const ask = (path: string, body?: unknown): Promise<Answer> =>
    call(`${running.url}${path}`, { token: key.key, ...(body === undefined ? {} : { body }) });
  const { records } = await expectOk<{ records: [{ id: string }] }>(ask(table, names(3)));
  for (let turn = 0; turn < 50; turn += 1) {
    expect((await ask(`${table}/${records[0].id}`)).status).toBe(200);
    expect((await ask(table)).status).toBe(200);
  }
  expect((await ask(`${table}/recDOESNOTEXIST00`)).status).toBe(404);
  await expect
    .poll(async () => (await usageOf(workspaceId)).rows.find(({ keyId }) => keyId === key.id))
    .toMatchObject({ reads: 100, writes: 1, failures: 1, recordsCreated: 3 });
  expect((await usageOf(workspaceId)).held.records).toBe(3);
  const shown = expectOk(asOwner(`/api/v1/api-keys/${key.id}`));
  expect((await shown)["lastUsedAt"]).toBeTypeOf("string");
});

test("records beyond the quota are refused, the owner is told once, and deleting makes room", async () => {
  const { workspaceId, table } = await makePlace("bounded");
  const place = `/api/v1/workspaces/${workspaceId}`;
  const quotas = [{ resource: "records", period: "now", limit: 10 }];
  await expectOk(asOwner(`${place}/quotas`, { quotas }, "PUT"));
  const { records } = await expectOk<{ records: { id: string }[] }>(asOwner(table, names(8)));
  await everybodyKnows();
  const refused = await asOwner(table, names(3));
  expect([refused.status, refused.body["error"]]).toEqual([
    403,
    expect.objectContaining({ type: "QUOTA_EXCEEDED" }),
  ]);
  await expectOk(asOwner(table, names(2)));
  await everybodyKnows();
  expect((await asOwner(table, names(1))).status).toBe(403);
  const alerts = async (): Promise<unknown> =>
    (await expectOk<{ alerts: { threshold: number }[] }>(asOwner(`${place}/alerts`))).alerts.map(
      ({ threshold }) => threshold,
    );
  await expect.poll(alerts).toEqual([100, 80]);
  const query = records.map(({ id }) => `records[]=${id}`).join("&");
  await expectOk(asOwner(`${table}?${query}`, undefined, "DELETE"));
  await expect.poll(async () => (await asOwner(table, names(1))).status).toBe(200);
  const { quotas: shown } = await expectOk<{ quotas: Json[] }>(asOwner(`${place}/quotas`));
  expect(shown).toHaveLength(1);
});

test("requests beyond the quota are refused until it is lifted", async () => {
  const { workspaceId, table } = await makePlace("busy");
  const place = `/api/v1/workspaces/${workspaceId}`;
  const set = async (limit: number): Promise<unknown> => {
    const quotas = [{ resource: "requests", period: "month", limit }];
    return expectOk(asOwner(`${place}/quotas`, { quotas }, "PUT"));
  };
  await set(20);
  await expect.poll(async () => (await asOwner(table)).status, { interval: 5 }).toBe(429);
  await everybodyKnows();
  const refused = await asOwner(table);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(refused.body["error"]).toMatchObject({ type: "PUBLIC_API_BILLING_LIMIT_EXCEEDED" });
  expect((await asOwner(`${place}/quotas`)).status).toBe(200);
  await set(100_000);
  await everybodyKnows();
  expect((await asOwner(table)).status).toBe(200);
});

test.skipIf(isSeveral)(
  "a server that is killed loses no event that it acknowledged, and no more usage than it had in memory",
  async () => {
    const { workspaceId, table, key } = await makePlace("killed");
    let acknowledged = 0;
    const sending = async (): Promise<void> => {
      for (;;) {
        const events = Array.from({ length: 100 }, () => ({
          id: crypto.randomUUID(),
          name: "seen",
        }));
        const { body, status } = await call(`${running.url}/api/v1/events`, {
          body: { workspaceId, events },
          token: key.key,
        });
        acknowledged += status === 200 ? Number(body["accepted"]) : 0;
      }
    };
    for (let turn = 0; turn < 40; turn += 1) {
      await expectOk(asOwner(table));
    }
    await expect
      .poll(async () => (await usageOf(workspaceId)).rows.some(({ reads }) => Number(reads) >= 40))
      .toBe(true);
    const senders = [1, 2, 3, 4].map(() => sending().catch(() => undefined));
    await expect.poll(() => acknowledged).toBeGreaterThan(2_000);
    await running.server.end("SIGKILL");
    await Promise.all(senders);
    const { dataDir, port } = running.server;
    again = await startServer({ dataDir, port, databaseUrl: running.databaseUrl });
    const { series } = await expectOk<{ series: [{ total: number }] }>(
      asOwner("/api/v1/analytics/query", {
        kind: "counts",
        workspaceId,
        from: new Date(Date.now() - 86_400_000).toISOString(),
        to: new Date(Date.now() + 86_400_000).toISOString(),
      }),
    );
    expect(series[0].total).toBeGreaterThanOrEqual(acknowledged);
    const { rows } = await usageOf(workspaceId);
    expect(rows.reduce((sum, { reads }) => sum + Number(reads), 0)).toBeGreaterThanOrEqual(40);
  },
);
