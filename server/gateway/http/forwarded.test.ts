import type { IncomingHttpHeaders } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { Hono } from "hono";
import { type HttpEnv, jsonAnswer } from "#kernel";
import { fakeGateway, type FakeGateway, type FakeOptions } from "../testing/fake-world.ts";
import { takeForwarded } from "./forwarded.ts";

describe("Forwarded", () => {
  test.each<[string, Record<string, string>]>([
    ["for=192.0.2.60;proto=https;by=203.0.113.43", { for: "192.0.2.60", proto: "https" }],
    ['For="[2001:db8:cafe::17]:4711"', { for: "2001:db8:cafe::17" }],
    ["for=192.0.2.43:80, for=198.51.100.17", { for: "192.0.2.43, 198.51.100.17" }],
    [
      'for=192.0.2.43;host=evil.test;proto=http, for="198.51.100.17";host="a.test:81";proto=https',
      { for: "192.0.2.43, 198.51.100.17", proto: "https", host: "a.test:81" },
    ],
    ["for=unknown, for=_hidden", { for: "unknown, _hidden" }],
    ["proto=https", { for: "unknown", proto: "https" }],
    ['for="a\\"b"', { for: 'a"b' }],
    ["nonsense", {}],
    ['for="unclosed', {}],
    ["", {}],
    [";;,,", {}],
  ])("%j", (header, said) => {
    const headers: IncomingHttpHeaders = {
      forwarded: header,
      "x-forwarded-for": "6.6.6.6",
      "x-forwarded-host": "evil",
    };
    takeForwarded(headers);
    const [name, proto, host] = ["for", "proto", "host"].map(
      (one) => headers[`x-forwarded-${one}`],
    );
    expect({ for: name, proto, host }).toEqual({
      for: said["for"],
      proto: said["proto"],
      host: said["host"],
    });
  });

  test("of a hundred thousand characters is read in no time", () => {
    const headers = { forwarded: "for=1.2.3.4,".repeat(10_000) };
    takeForwarded(headers);
    const from = performance.now();
    takeForwarded({ forwarded: `for="${"\\".repeat(30_000)}` });
    expect(performance.now() - from).toBeLessThan(1_000);
  });
});

describe("who called, and how", () => {
  const opened: FakeGateway[] = [];
  afterEach(() => Promise.all(opened.splice(0).map((gateway) => gateway.close())));

  async function asked(
    config: NonNullable<FakeOptions["config"]>,
    headers: Record<string, string>,
  ): Promise<{ address: string; origin: string }> {
    const routes = new Hono<HttpEnv>().get("/asked", (c) =>
      jsonAnswer({ address: c.get("scope").address, origin: new URL(c.req.url).origin }),
    );
    const gateway = fakeGateway({ config, mounts: [{ routes }] });
    opened.push(gateway);
    const { port } = await gateway.listen();
    const answer = await fetch(`http://127.0.0.1:${port}/asked`, { headers });
    const { address, origin } = (await answer.json()) as { address: string; origin: string };
    return { address, origin: origin.replace(String(port), "PORT") };
  }
  const proxied = { trustedProxies: ["127.0.0.0/8", "10.0.0.0/8"] };
  const here = { address: "127.0.0.1", origin: "http://127.0.0.1:PORT" };

  test("is what a trusted proxy says in x-forwarded-*", async () => {
    const headers = {
      "x-forwarded-for": "203.0.113.9, 10.1.2.3",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "data.example.org",
      forwarded: "for=6.6.6.6;proto=http;host=evil.test",
    };
    expect(await asked(proxied, headers)).toEqual({
      address: "203.0.113.9",
      origin: "https://data.example.org",
    });
    expect(await asked({}, headers)).toEqual(here);
  });

  test("is what a trusted proxy says in Forwarded, where that is the one that counts", async () => {
    const config = { ...proxied, forwardedHeader: "forwarded" } as const;
    const headers = {
      forwarded: 'for=203.0.113.9, for="10.1.2.3";proto=https;host=data.example.org',
      "x-forwarded-for": "6.6.6.6",
      "x-forwarded-host": "evil.test",
    };
    expect(await asked(config, headers)).toEqual({
      address: "203.0.113.9",
      origin: "https://data.example.org",
    });
    expect(await asked(config, { "x-forwarded-for": "6.6.6.6" })).toEqual(here);
    expect(await asked({ forwardedHeader: "forwarded" }, headers)).toEqual(here);
  });

  test("is never a host that is none", async () => {
    const headers = { "x-forwarded-for": "203.0.113.9", "x-forwarded-host": "evil.test/path?" };
    expect(await asked(proxied, headers)).toMatchObject({ origin: "http://127.0.0.1:PORT" });
  });
});
