import { Hono } from "hono";
import { beforeEach, describe, expect, test } from "vitest";
import {
  type Actor,
  type HttpEnv,
  jsonAnswer,
  openMetrics,
  Problem,
  readJson,
  sql,
  sweepIdempotencyKeys,
  type World,
} from "#kernel";
import { openTestWorld, type TestWorld, testWorld } from "../kernel/testing/world.ts";
import { type Gateway, openGateway } from "./gateway.ts";
import { ada } from "./testing/fake-world.ts";

const world = testWorld();

const actors: Record<string, Actor> = {
  "Bearer ada": ada,
  "Bearer bob": { ...userOf(ada), userId: "usrBBBBBBBBBBBBBB" },
  "Bearer ada-key": {
    ...userOf(ada),
    credential: {
      kind: "key",
      keyId: "patAAAAAAAAAAAAAA",
      scopes: new Set(),
      bases: null,
      workspaces: null,
    },
  },
};

function userOf(actor: Actor): Actor & { kind: "user" } {
  if (actor.kind !== "user") {
    throw new Error("not a user");
  }
  return actor;
}

/** Opened by a test to let the slow route end. */
let gate: PromiseWithResolvers<void>;
/** Resolves when the slow route has begun. */
let entered: PromiseWithResolvers<void>;
beforeEach(async () => {
  gate = Promise.withResolvers();
  entered = Promise.withResolvers();
  await world().db.run(sql`delete from kernel.facts`);
  await world().db.run(sql`delete from kernel.idempotency_keys`);
});

const insertFact = (name: string) =>
  sql`insert into kernel.facts (name, value) values (${name}, '1')`;

function writingRoutes(): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  routes.post("/api/v1/facts", async (c) => {
    const { name, fail } = (await readJson(c.req.raw)) as { name: string; fail?: string };
    const { db } = c.get("scope");
    await db.run(insertFact(name));
    if (fail === "problem") {
      throw new Problem("invalid", "test.refused", { message: "No." });
    }
    if (fail === "bug") {
      throw new Error("bug");
    }
    return jsonAnswer({ made: name }, { status: 201, headers: { location: `/facts/${name}` } });
  });
  routes.post("/api/v1/slow", async (c) => {
    await c.get("scope").db.run(insertFact("slow"));
    entered.resolve();
    await gate.promise;
    return jsonAnswer({ slow: true });
  });
  routes.post("/api/v1/sign-in", async (c) => {
    const { db, idempotency } = c.get("scope");
    await db.run(insertFact("attempt"));
    return jsonAnswer({ keyed: idempotency !== undefined }, { status: 401 });
  });
  return routes;
}

/** Handles its key itself, as the records engine does. */
function engineRoutes(): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  routes.post("/v0/engine", async (c) => {
    const { db, idempotency } = c.get("scope");
    return db.transaction(async (tx) => {
      await idempotency?.begin(tx);
      await tx.run(insertFact("engine"));
      const body = '{"engine":true}';
      await idempotency?.finish(tx, {
        status: 200,
        headers: { "content-type": "application/json" },
        body,
      });
      return jsonAnswer(body);
    });
  });
  return routes;
}

function gatewayOn(base: World): Gateway {
  return openGateway({
    world: { ...base, metrics: openMetrics() },
    actorOf: (_world, authorization) => actors[authorization] ?? { kind: "anonymous" },
    mounts: [
      { routes: writingRoutes(), withoutKeys: ["/api/v1/sign-in"] },
      { routes: engineRoutes(), keys: "own" },
    ],
    operations: [],
    health: [],
    about: { version: "1", database: "test" },
  });
}

interface Call {
  readonly path?: string;
  readonly key?: string;
  readonly as?: string;
  readonly body?: unknown;
}

async function call(
  gateway: Gateway,
  { path = "/api/v1/facts", key = "k1", as = "Bearer ada", body }: Call,
): Promise<Response> {
  const headers: Record<string, string> = {
    "content-type": "application/json",
    "idempotency-key": key,
  };
  if (as !== "") {
    headers["authorization"] = as;
  }
  return gateway.fetch(
    new Request(`http://basalt.test${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body ?? { name: "a" }),
    }),
  );
}

async function facts(from: TestWorld = world()): Promise<string[]> {
  const rows = await from.db.all<{ name: string }>(
    sql`select name from kernel.facts order by name`,
  );
  return rows.map(({ name }) => name);
}

const stored = async (): Promise<number> =>
  (
    await world().db.one<{ count: number }>(
      sql`select count(*) as count from kernel.idempotency_keys`,
    )
  ).count;

describe("the same key", () => {
  test("with the same request gives the first answer again, and nothing is done twice", async () => {
    const gateway = gatewayOn(world());
    const first = await call(gateway, {});
    expect(first.status).toBe(201);
    expect(first.headers.get("idempotent-replayed")).toBeNull();
    const again = await call(gateway, {});
    expect(again.status).toBe(201);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(again.headers.get("location")).toBe("/facts/a");
    expect(again.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(again.headers.get("x-request-id")).not.toBe(first.headers.get("x-request-id"));
    expect(await again.text()).toBe(await first.text());
    expect(await facts()).toEqual(["a"]);
  });

  test.each([
    ["another body", { body: { name: "b" } }],
    ["another address", { path: "/api/v1/facts?x=1" }],
    ["another route", { path: "/api/v1/slow" }],
  ])("with %s is refused", async (_name, other) => {
    const gateway = gatewayOn(world());
    await call(gateway, {});
    const answer = await call(gateway, other);
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ code: "kernel.idempotency-mismatch" });
    expect(await facts()).toEqual(["a"]);
  });

  test("of somebody else, or of a token of one's own, is another key", async () => {
    const gateway = gatewayOn(world());
    await call(gateway, { body: { name: "a" } });
    expect((await call(gateway, { as: "Bearer bob", body: { name: "b" } })).status).toBe(201);
    expect((await call(gateway, { as: "Bearer ada-key", body: { name: "c" } })).status).toBe(201);
    expect(await facts()).toEqual(["a", "b", "c"]);
  });

  test("while the first is running is 409, in this process and in another", async () => {
    const gateway = gatewayOn(world());
    const second = await openTestWorld({ url: world().url });
    const elsewhere = gatewayOn(second);
    const running = call(gateway, { path: "/api/v1/slow" });
    await entered.promise;
    for (const other of [gateway, elsewhere]) {
      const answer = await call(other, { path: "/api/v1/slow" });
      expect(answer.status).toBe(409);
      expect(answer.headers.get("retry-after")).toBe("1");
      expect(await answer.json()).toMatchObject({ code: "kernel.idempotency-running" });
    }
    gate.resolve();
    expect((await running).status).toBe(200);
    const replay = await call(elsewhere, { path: "/api/v1/slow" });
    expect(replay.headers.get("idempotent-replayed")).toBe("true");
    expect(await facts()).toEqual(["slow"]);
    await second.close();
  });

  test("sent ten times at once works once", async () => {
    const gateway = gatewayOn(world());
    const answers = await Promise.all(Array.from({ length: 10 }, () => call(gateway, {})));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201).length).toBeGreaterThan(0);
    expect(statuses.every((status) => status === 201 || status === 409)).toBe(true);
    expect(await facts()).toEqual(["a"]);
  });

  test("a day later is free again", async () => {
    const gateway = gatewayOn(world());
    await call(gateway, {});
    world().setClock(new Date(Date.now() + 24 * 60 * 60 * 1_000 + 1_000));
    try {
      const answer = await call(gateway, { body: { name: "later" } });
      expect(answer.status).toBe(201);
      expect(answer.headers.get("idempotent-replayed")).toBeNull();
      expect(
        (await call(gateway, { body: { name: "later" } })).headers.get("idempotent-replayed"),
      ).toBe("true");
    } finally {
      world().setClock(null);
    }
  });
});

describe("a failure", () => {
  test.each(["problem", "bug"])(
    "(%s) undoes the work and stores nothing, so that the key may be used again",
    async (fail) => {
      const gateway = gatewayOn(world());
      const answer = await call(gateway, { body: { name: "a", fail } });
      expect(answer.status).toBe(fail === "bug" ? 500 : 422);
      expect(await facts()).toEqual([]);
      expect(await stored()).toBe(0);
      expect((await call(gateway, {})).status).toBe(201);
    },
  );

  test("after the deadline undoes the work as well", async () => {
    const gateway = gatewayOn({ ...world(), config: { ...world().config, requestTimeoutMs: 50 } });
    const answer = await call(gateway, { path: "/api/v1/slow" });
    expect(answer.status).toBe(503);
    gate.resolve();
    await expect
      .poll(async () => (await call(gateway, { body: { name: "next" } })).status)
      .toBe(201);
    expect(await facts()).toEqual(["next"]);
  });

  test("of the database at the commit leaves neither", async () => {
    const gateway = gatewayOn(world());
    const running = call(gateway, { path: "/api/v1/slow" });
    await entered.promise;
    await world().db.run(
      sql`select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction' and datname = current_database()`,
    );
    gate.resolve();
    expect((await running).status).toBe(503);
    expect(await facts()).toEqual([]);
    expect(await stored()).toBe(0);
  });
});

describe("keys", () => {
  test.each([
    ["x".repeat(256), 422],
    ["x".repeat(255), 201],
    ["with space", 201],
    ["é", 422],
  ])("%s → %i", async (key, status) => {
    const headers = {
      "content-type": "application/json",
      "idempotency-key": key,
      authorization: "Bearer ada",
    };
    const request = new Request("http://basalt.test/api/v1/facts", {
      method: "POST",
      headers,
      body: '{"name":"a"}',
    });
    expect((await gatewayOn(world()).fetch(request)).status).toBe(status);
  });

  test("of nobody are ignored", async () => {
    const gateway = gatewayOn(world());
    expect((await call(gateway, { as: "" })).status).toBe(201);
    expect((await call(gateway, { as: "", body: { name: "b" } })).status).toBe(201);
    expect(await stored()).toBe(0);
  });

  test("do not reach routes whose failures must stay", async () => {
    const answer = await call(gatewayOn(world()), { path: "/api/v1/sign-in" });
    expect(await answer.json()).toEqual({ keyed: false });
    expect(await facts()).toEqual(["attempt"]);
  });

  test("of routes with a transaction of their own", async () => {
    const gateway = gatewayOn(world());
    const first = await call(gateway, { path: "/v0/engine" });
    const again = await call(gateway, { path: "/v0/engine" });
    expect(await again.text()).toBe(await first.text());
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(again.headers.get("access-control-allow-origin")).toBe("*");
    const mismatch = await call(gateway, { path: "/v0/engine", body: { other: 1 } });
    expect(mismatch.status).toBe(422);
    expect(await mismatch.json()).toMatchObject({ error: { type: "INVALID_REQUEST_UNKNOWN" } });
    expect(await facts()).toEqual(["engine"]);
  });
});

test("stored answers are unreadable without the secret of the instance", async () => {
  await call(gatewayOn(world()), { body: { name: "canary" } });
  const row = await world().db.one<{ body: string }>(sql`select body from kernel.idempotency_keys`);
  expect(row.body).not.toContain("canary");
  expect(Buffer.from(row.body, "base64").toString("latin1")).not.toContain("canary");
});

test("old answers are swept, young ones stay", async () => {
  const gateway = gatewayOn(world());
  await call(gateway, { key: "old", body: { name: "old" } });
  await world().db.run(
    sql`update kernel.idempotency_keys set created_at = now() - interval '25 hours'`,
  );
  await call(gateway, { key: "young", body: { name: "young" } });
  expect(await sweepIdempotencyKeys(world().system)).toBe(1);
  expect(await stored()).toBe(1);
});
