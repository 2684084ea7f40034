import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { fakeGateway, type FakeGateway, type LoggedLine } from "./testing/fake-world.ts";

const get = (gateway: FakeGateway, path: string, headers: Record<string, string> = {}) =>
  gateway.fetch(new Request(`http://basalt.test${path}`, { headers }));

const requests = ({ lines }: FakeGateway): LoggedLine[] =>
  lines.filter(({ message, level }) => message === "request" && level !== "debug");

describe("the access log", () => {
  test("has every request where that is asked for", async () => {
    const gateway = fakeGateway({ config: { accessLog: "all" } });
    await get(gateway, "/v0/plain");
    await get(gateway, "/v0/nothing");
    expect(requests(gateway).map(({ status }) => status)).toEqual([200, 404]);
  });

  test("has by default those that failed and those that were slow", async () => {
    const gateway = fakeGateway({ config: { accessLog: "errors" } });
    await get(gateway, "/v0/plain");
    await get(gateway, "/v0/slow?ms=1010");
    await get(gateway, "/v0/me");
    await get(gateway, "/v0/bug");
    await get(gateway, "/health");
    expect(requests(gateway).map(({ status, endpoint }) => [status, endpoint])).toEqual([
      [200, "/v0/slow"],
      [401, "/v0/me"],
      [500, "/v0/bug"],
    ]);
  });

  test("has none where it is off; failures of ours are told all the same", async () => {
    const gateway = fakeGateway({ config: { accessLog: "off" } });
    await get(gateway, "/v0/bug");
    expect(requests(gateway)).toEqual([]);
    expect(gateway.lines.map(({ message }) => message)).toEqual(["a request failed unexpectedly"]);
  });

  test("is not flooded by a flood of refusals, and says how many it left out", async () => {
    const gateway = fakeGateway({ config: { accessLog: "errors" } });
    const from = performance.now();
    for (let at = 0; at < 1_000; at += 1) {
      await get(gateway, "/v0/nothing");
    }
    const seconds = 1 + Math.ceil((performance.now() - from) / 1_000);
    expect(requests(gateway).length).toBeLessThanOrEqual(100 * seconds);
    await sleep(1_001);
    await get(gateway, "/v0/nothing");
    const left = gateway.lines.filter(({ message }) => /more requests failed/.test(message ?? ""));
    expect(left.length).toBeGreaterThan(0);
  });

  test("names the caller's trace, and nothing that is not one", async () => {
    const gateway = fakeGateway();
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    await get(gateway, "/v0/plain", { traceparent: `00-${traceId}-b7ad6b7169203331-01` });
    await get(gateway, "/v0/plain", { traceparent: "canary" });
    expect(requests(gateway).map((line) => line["traceId"])).toEqual([traceId, undefined]);
    expect(JSON.stringify(gateway.lines)).not.toContain("canary");
  });

  test("never has a token, a query or a path", async () => {
    const gateway = fakeGateway();
    await get(gateway, "/v0/tables/canary?token=canary#canary", {
      authorization: "Bearer canary",
      cookie: "canary",
      "user-agent": "canary",
      referer: "https://canary.example",
    });
    expect(requests(gateway)).toHaveLength(1);
    expect(JSON.stringify(gateway.lines)).not.toContain("canary");
  });
});
