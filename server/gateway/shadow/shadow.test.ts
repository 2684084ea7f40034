import { gzipSync } from "node:zlib";
import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import {
  type RoutedGateway,
  routedGateway,
  type ToyUpstream,
  toyUpstream,
} from "../upstreams/testing/toy-upstream.ts";
import { type CapturedAnswer, compareAnswers } from "./compare-answers.ts";
import type { ShadowReport } from "./shadows.ts";

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) {
    await one.close();
  }
});

const json = (value: unknown, status = 200, encoding = ""): CapturedAnswer => {
  const text = Buffer.from(JSON.stringify(value));
  return {
    status,
    type: "application/json; charset=utf-8",
    encoding,
    body: encoding === "gzip" ? gzipSync(text) : text,
    ms: 1,
  };
};
const all = { compare: [], ignore: [], showValues: false };

describe("two answers are compared", () => {
  const one = { records: [{ id: "rec1", name: "Ada", at: 1 }], total: 1 };
  test.each<[string, CapturedAnswer, CapturedAnswer, object, string[]]>([
    ["equal", json(one), json(one), {}, []],
    ["equal, one of them compressed", json(one), json(one, 200, "gzip"), {}, []],
    ["in another order of members", json({ a: 1, b: 2 }), json({ b: 2, a: 1 }), {}, []],
    ["another status", json(one), json(one, 404), {}, ["status"]],
    [
      "another value, one too many",
      json(one),
      json({ records: [{ id: "rec1", name: "Bob", at: 1, x: 1 }], total: 1 }),
      {},
      ["records[0].name", "records[0].x"],
    ],
    [
      "only what is asked for",
      json(one),
      json({ records: [{ id: "rec2", name: "Bob" }], total: 2 }),
      { compare: ["records[*].id", "$.total"] },
      ["records[0].id", "total"],
    ],
    [
      "not what is ignored",
      json(one),
      json({ records: [{ id: "rec1", name: "Ada", at: 2 }], total: 1 }),
      { ignore: ["records[*].at"] },
      [],
    ],
    ["a list that is longer", json([1]), json([1, 2]), {}, ["[1]"]],
    ["null is not nothing", json({ a: null }), json({}), {}, ["a", "body"]],
    [
      "no JSON in spite of its type",
      json(one),
      { ...json(one), body: Buffer.from("{") },
      {},
      ["body"],
    ],
    ["too large to keep", json(one), { ...json(1), body: undefined }, {}, []],
  ])("%s", (_what, primary, shadow, spec, expected) => {
    const found = compareAnswers(primary, shadow, { ...all, ...spec });
    expect(found.map(({ path }) => path)).toEqual(expected);
  });

  test("values are told only where that is asked for", () => {
    const [hidden] = compareAnswers(json({ a: "secret" }), json({ a: 5 }), all);
    expect(hidden).toEqual({ path: "a", primary: "text of 6 characters", shadow: "a number" });
    const [open] = compareAnswers(json({ a: "x" }), json({ a: 5 }), { ...all, showValues: true });
    expect(open).toEqual({ path: "a", primary: '"x"', shadow: "5" });
  });

  test("a hundred differences make a short report", () => {
    const many = (value: number): CapturedAnswer =>
      json(Array.from({ length: 100 }, (_, at) => at * value));
    expect(compareAnswers(many(1), many(2), all)).toHaveLength(10);
  });
});

async function toy(
  listener: (message: IncomingMessage, response: ServerResponse) => void,
): Promise<ToyUpstream> {
  const upstream = await toyUpstream("toy", listener);
  opened.push(upstream);
  return upstream;
}

async function gatewayWith(old: string, fresh: string, shadow: string): Promise<RoutedGateway> {
  const gateway = await routedGateway(`
upstreams: { old: { url: "${old}" }, new: { url: "${fresh}", retries: { triesMax: 1 } } }
routes:
  - { name: a, path: /a, upstream: old, shadow: { ${shadow} } }
  - { name: own, path: /b, own: /api/v1/tables, shadow: { upstream: new, path: /tables } }
`);
  opened.push(gateway);
  gateway.upstreams.ownFetch = gateway.gateway.fetch;
  return gateway;
}

const ended = async (gateway: RoutedGateway, count: number, route = "a"): Promise<ShadowReport> => {
  const report = (): ShadowReport => gateway.upstreams.shadows.report(route);
  await expect.poll(() => report().same + report().different + report().failed).toBe(count);
  return report();
};

const answering =
  (body: (message: IncomingMessage) => unknown) =>
  (message: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(body(message)));
  };

describe("a shadow", () => {
  test("gets a copy of reads, marked, and nobody sees its answer", async () => {
    const old = await toy(answering(() => ({ n: 1 })));
    const fresh = await toy(answering(({ url }) => ({ n: url?.includes("odd") ? 2 : 1 })));
    const gateway = await gatewayWith(old.url, fresh.url, "upstream: new");
    for (const path of ["/a/1", "/a/2?token=secret", "/a/odd?token=secret"]) {
      expect(await (await fetch(gateway.url + path)).json()).toEqual({ n: 1 });
    }
    await fetch(`${gateway.url}/a/3`, { method: "POST", body: "x" });
    const report = await ended(gateway, 3);
    expect(report).toMatchObject({
      sent: 3,
      same: 2,
      different: 1,
      bodyDiffers: 1,
      statusDiffers: 0,
    });
    expect(report.examples[0]).toMatchObject({ method: "GET", path: "/a/odd?token=…" });
    expect(JSON.stringify(report)).not.toContain("secret");
    expect(report.latency.shadow.requests).toBe(3);
    expect(fresh.seen.map(({ method, headers }) => [method, headers["x-basalt-shadow"]])).toEqual(
      Array.from({ length: 3 }, () => ["GET", "1"]),
    );
    gateway.upstreams.shadows.clear("a");
    expect(gateway.upstreams.shadows.report("a")).toMatchObject({ sent: 0, examples: [] });
  });

  test("that is slow, gone or busy costs callers nothing", async () => {
    const old = await toy(answering(() => 1));
    const slow = await toy(() => undefined);
    const gateway = await gatewayWith(
      old.url,
      slow.url,
      "upstream: new, concurrencyMax: 2, timeoutMs: 300",
    );
    const from = performance.now();
    for (let turn = 0; turn < 5; turn += 1) {
      expect((await fetch(`${gateway.url}/a`)).status).toBe(200);
    }
    expect(performance.now() - from).toBeLessThan(300);
    expect(await ended(gateway, 2)).toMatchObject({ sent: 2, skipped: 3, failed: 2 });
  });

  test("gets writes with their body only where the file asks for it", async () => {
    const bodies: string[] = [];
    const old = await toy(answering(() => 1));
    const fresh = await toy((message, response) => {
      message.on("data", (chunk) => bodies.push(String(chunk)));
      message.on("end", () => response.writeHead(201).end());
    });
    const gateway = await gatewayWith(
      old.url,
      fresh.url,
      "upstream: new, methods: [POST], bodySizeMaxBytes: 10",
    );
    await fetch(`${gateway.url}/a`, { method: "POST", body: "small" });
    await fetch(`${gateway.url}/a`, { method: "POST", body: "larger than ten" });
    expect(await ended(gateway, 1)).toMatchObject({ sent: 1, skipped: 1, statusDiffers: 1 });
    expect(bodies).toEqual(["small"]);
  });

  test("compares our own routes with an old service, and an old service with our own routes", async () => {
    const old = await toy(answering(() => ({ name: "x" })));
    const gateway = await gatewayWith(old.url, old.url, "own: /api/v1/tables");
    expect(await (await fetch(`${gateway.url}/b/x`)).json()).toEqual({ name: "x" });
    expect(await ended(gateway, 1, "own")).toMatchObject({ same: 1 });
    await fetch(`${gateway.url}/a/x`);
    await fetch(`${gateway.url}/a/y`);
    expect(await ended(gateway, 2)).toMatchObject({ same: 1, different: 1 });
  });
});
