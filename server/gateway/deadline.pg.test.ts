import { Hono } from "hono";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HttpEnv, jsonAnswer, sql } from "#kernel";
import { testWorld } from "../kernel/testing/world.ts";
import { type Gateway, openGateway } from "./gateway.ts";

const world = testWorld({ config: { requestTimeoutMs: 700, port: 0 } });
let gateway: Gateway;
let url = "";

const heavy = sql`select count(*) as n from generate_series(1, 1000) a, generate_series(1, 1000000) b`;
const running = async (): Promise<number> =>
  (
    await world().db.one<{ n: number }>(
      sql`select count(*) as n from pg_stat_activity where state = 'active' and query like '%generate_series(1, 1000000)%' and pid <> pg_backend_pid()`,
    )
  ).n;

beforeAll(async () => {
  const routes = new Hono<HttpEnv>();
  routes.get("/api/v1/heavy", async (c) => jsonAnswer(await c.get("scope").db.one(heavy)));
  routes.get("/api/v1/light", async (c) =>
    jsonAnswer(await c.get("scope").db.one(sql`select 1 as n`)),
  );
  gateway = openGateway({
    world: world(),
    actorOf: () => ({ kind: "anonymous" }),
    mounts: [{ routes }],
    operations: [],
    health: [],
    about: { version: "1.2.3", database: "a test" },
  });
  ({ url } = await gateway.listen());
});
afterAll(() => gateway.close());

test("a read past the deadline is answered 503 and stops in PostgreSQL", async () => {
  const answer = await fetch(`${url}/api/v1/heavy`);
  expect(answer.status).toBe(503);
  expect(answer.headers.get("retry-after")).toBe("1");
  expect(await answer.json()).toMatchObject({ code: "gateway.deadline" });
  await expect.poll(running).toBe(0);
});

test("a read whose caller goes away stops in PostgreSQL", async () => {
  const leaving = new AbortController();
  const calls = Array.from({ length: 4 }, () =>
    fetch(`${url}/api/v1/heavy`, { signal: leaving.signal }).catch(() => undefined),
  );
  await expect.poll(running).toBeGreaterThan(0);
  leaving.abort();
  await Promise.all(calls);
  await expect.poll(running).toBe(0);
  const answer = await fetch(`${url}/api/v1/light`);
  expect(await answer.json()).toEqual({ n: 1 });
});
