import { Hono } from "hono";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HttpEnv, inTransaction, jsonAnswer, openTracing, sql, type Tracing } from "#kernel";
import { openOtlpReceiver, type OtlpReceiver } from "../kernel/testing/otlp-receiver.ts";
import { testWorld } from "../kernel/testing/world.ts";
import { type Gateway, openGateway } from "./gateway.ts";

const world = testWorld();
let receiver: OtlpReceiver;
let tracing: Tracing;
let gateway: Gateway;

const select = (value: string) => sql`select ${value}::text as value`;

beforeAll(async () => {
  receiver = await openOtlpReceiver();
  const opened = await openTracing({ otlpEndpoint: receiver.url }, "1.2.3");
  if (opened === undefined) {
    throw new Error("tracing is off");
  }
  tracing = opened;
  const routes = new Hono<HttpEnv>();
  routes.get("/api/v1/things/:id", async (c) => {
    const scope = c.get("scope");
    await scope.db.one(select("canary-value"));
    await inTransaction(scope, async (tx) => {
      await tx.db.script("select 'canary-literal'");
      await tx.db.attempt(() => tx.db.pipeline([select("a"), select("b")]));
      tx.db.afterCommit(() => undefined);
    });
    return jsonAnswer(tracing.outgoing());
  });
  routes.get("/api/v1/breaks", async (c) =>
    jsonAnswer(await c.get("scope").db.one(sql`select broken`)),
  );
  gateway = openGateway({
    world: { ...world(), db: tracing.db(world().db) },
    actorOf: () => ({ kind: "anonymous" }),
    mounts: [{ routes }],
    operations: [],
    health: [],
    about: { version: "1.2.3", database: "test" },
    tracing,
  });
});
afterAll(() => receiver.close());

test("a request and its statements are one trace, which goes on from the caller's", async () => {
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const answer = await gateway.fetch(
    new Request("http://basalt.test/api/v1/things/7?token=canary-token", {
      headers: {
        traceparent: `00-${traceId}-b7ad6b7169203331-01`,
        authorization: "Bearer canary-bearer",
      },
    }),
  );
  const { traceparent } = (await answer.json()) as { traceparent: string };
  await gateway.fetch(new Request("http://basalt.test/api/v1/breaks"));
  await gateway.fetch(
    new Request("http://basalt.test/nothing", { headers: { traceparent: "00-0-0-01" } }),
  );
  await tracing.close();

  const root = receiver.spans.find(({ name }) => name === "GET /api/v1/things/{id}");
  expect(root).toMatchObject({
    traceId,
    parentSpanId: "b7ad6b7169203331",
    kind: 2,
    attributes: {
      "http.route": "/api/v1/things/{id}",
      "http.response.status_code": "200",
      "basalt.request_id": answer.headers.get("x-request-id"),
    },
    failed: false,
  });
  expect(traceparent).toBe(`00-${traceId}-${root?.spanId}-01`);
  const inside = receiver.spans.filter((span) => span.traceId === traceId && span !== root);
  expect(inside.map(({ name }) => name).sort()).toEqual([
    "sql pipeline",
    "sql script",
    "sql select",
    "sql transaction",
  ]);
  const transaction = inside.find(({ name }) => name === "sql transaction");
  for (const { name, parentSpanId } of inside) {
    expect(parentSpanId, name).toBe(
      ["sql pipeline", "sql script"].includes(name) ? transaction?.spanId : root?.spanId,
    );
  }
  expect(inside.find(({ name }) => name === "sql select")?.attributes["db.query.text"]).toBe(
    "select $1::text as value",
  );

  const broken = receiver.spans.find(({ name }) => name === "GET /api/v1/breaks");
  expect(broken?.failed).toBe(true);
  expect(broken?.traceId).not.toBe(traceId);
  expect(receiver.spans.some(({ name }) => name === "GET unmatched")).toBe(true);
  expect(receiver.sent.every((text) => text.startsWith("/v1/traces "))).toBe(true);
  expect(receiver.sent.join("")).not.toContain("canary");
});

test("without an endpoint there is no tracing", async () => {
  expect(await openTracing({ otlpEndpoint: null }, "1")).toBeUndefined();
});

test("a collector that is away disturbs nobody", async () => {
  const lost = await openTracing({ otlpEndpoint: "http://127.0.0.1:9/base/" }, "1");
  expect(await lost?.span("x", {}, async () => 7)).toBe(7);
  await expect(lost?.span("x", {}, () => Promise.reject(new Error("mine")))).rejects.toThrow(
    "mine",
  );
});
