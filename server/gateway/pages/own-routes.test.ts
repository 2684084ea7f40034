import { createHash } from "node:crypto";
import { identityOperations } from "@basalt/contract";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { type HttpEnv, Problem } from "#kernel";
import type { FakeGateway } from "../testing/fake-world.ts";
import { fakeGateway } from "../testing/fake-world.ts";

const get = (
  gateway: FakeGateway,
  path: string,
  headers: Record<string, string> = {},
): Promise<Response> => gateway.fetch(new Request(`http://basalt.test${path}`, { headers }));

describe("health", () => {
  test("lists every part, and one that fails makes it degraded, not down", async () => {
    let isUp = true;
    const gateway = fakeGateway({
      health: [
        {
          name: "database",
          critical: true,
          check: async () => (isUp ? 1 : Promise.reject(new Error("canary host"))),
        },
        { name: "mail", critical: false, check: async () => undefined },
      ],
    });
    for (const path of ["/health", "/api/health"]) {
      const answer = await get(gateway, path);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({
        status: "healthy",
        service: "basalt",
        version: "1.2.3",
        uptimeS: 0,
        parts: [
          { name: "database", status: "healthy", responseTimeMs: expect.any(Number) },
          { name: "mail", status: "healthy", responseTimeMs: expect.any(Number) },
        ],
      });
    }
    expect((await get(gateway, "/ready")).status).toBe(200);
    isUp = false;
    await expect.poll(async () => (await get(gateway, "/ready")).status).toBe(503);
    const answer = await get(gateway, "/health");
    expect(answer.status).toBe(200);
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({
      status: "degraded",
      parts: [{ status: "unhealthy" }, { status: "healthy" }],
    });
    expect(text).not.toContain("canary");
  });

  test("a thousand callers cost one look", async () => {
    let looks = 0;
    const gateway = fakeGateway({
      health: [
        {
          name: "database",
          critical: true,
          check: async () => {
            looks += 1;
          },
        },
      ],
    });
    await Promise.all(
      Array.from({ length: 1_000 }, (_, at) => get(gateway, at % 2 === 0 ? "/health" : "/ready")),
    );
    expect(looks).toBe(1);
  });

  test("a part that is away although the program can serve does not take it out", async () => {
    const gateway = fakeGateway({
      health: [{ name: "mail", critical: false, check: () => Promise.reject(new Error("x")) }],
    });
    expect((await get(gateway, "/ready")).status).toBe(200);
  });

  test("not ready while it starts and when it stops", async () => {
    let isStarted = false;
    const gateway = fakeGateway({ isStarted: () => isStarted });
    const before = await get(gateway, "/ready");
    expect(before.status).toBe(503);
    expect(before.headers.get("retry-after")).toBe("1");
    isStarted = true;
    expect((await get(gateway, "/ready")).status).toBe(200);
    await gateway.close();
    expect(await (await get(gateway, "/ready")).json()).toEqual({
      status: "not ready",
      reason: "stopping",
    });
  });

  test("nobody is asked who they are: a broken sign-in does not make it sick", async () => {
    const gateway = fakeGateway({ actorOf: () => Promise.reject(new Error("no database")) });
    for (const path of ["/health", "/ready", "/metrics", "/", "/docs", "/openapi.json"]) {
      expect((await get(gateway, path, { authorization: "Bearer good" })).status, path).toBe(200);
    }
  });
});

test("metrics have the names and labels that dashboards know, and no path of a caller", async () => {
  const gateway = fakeGateway();
  await get(gateway, "/v0/tables/canary-one");
  await get(gateway, "/v0/tables/canary-two");
  await get(gateway, "/canary-three");
  await get(gateway, "/api/v1/bug");
  await gateway.fetch(new Request("http://basalt.test/v0/echo", { method: "PROPFIND" }));
  const answer = await get(gateway, "/metrics");
  const text = await answer.text();
  expect(text).toContain(
    'http_requests_total{method="GET",endpoint="/v0/tables/{name}",status_code="200"} 2',
  );
  expect(text).toContain(
    'http_requests_total{method="GET",endpoint="unmatched",status_code="404"} 1',
  );
  expect(text).toContain(
    'http_requests_total{method="OTHER",endpoint="unmatched",status_code="405"} 1',
  );
  for (const bucket of ["0.01", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"]) {
    expect(text).toContain(
      `http_request_duration_seconds_bucket{le="${bucket}",method="GET",endpoint="/v0/tables/{name}",status_code="200"} 2`,
    );
  }
  expect(text).toContain('errors_total{kind="internal"} 1');
  expect(text).toContain("http_requests_running 1");
  expect(text).not.toContain("canary");
});

test("the endpoint is the route that answered, not another that would have matched", async () => {
  const first = new Hono<HttpEnv>();
  first.use("/v0/*", (_c, next) => next());
  first.all("/v0/:base/:table", (c) => {
    c.set("endpoint", "/v0/{baseId}/{tableIdOrName}");
    if (c.req.param("table") === "bad") {
      throw new Problem("invalid", "test.bad", { message: "Bad." });
    }
    return c.json({});
  });
  const second = new Hono<HttpEnv>();
  second.get("/v0/meta/:what", (c) => c.json({}));
  second.get("/v0/:base{app[^/]{2,3}}/:table/:record", (c) => c.json({}));
  const gateway = fakeGateway({ mounts: [{ routes: first }, { routes: second }] });
  for (const path of ["/v0/meta/x", "/v0/a/bad", "/v0/appab/b/c", "/v0/x"]) {
    await get(gateway, path);
  }
  const lines = gateway.lines.filter(({ message }) => message === "request");
  expect(lines.map(({ endpoint }) => endpoint)).toEqual([
    "/v0/{baseId}/{tableIdOrName}",
    "/v0/{baseId}/{tableIdOrName}",
    "/v0/{base}/{table}/{record}",
    "unmatched",
  ]);
});

test("one line a request, without the query, the body or a header", async () => {
  const gateway = fakeGateway();
  await get(gateway, "/v0/tables/canary?token=canary", {
    authorization: "Bearer good",
    cookie: "canary",
    "x-request-id": "mine",
  });
  await get(gateway, "/health");
  const [line, ...more] = gateway.lines.filter(
    ({ message, level }) => message === "request" && level === "info",
  );
  expect(more).toEqual([]);
  expect(line).toMatchObject({
    method: "GET",
    endpoint: "/v0/tables/{name}",
    status: 200,
    requestId: "mine",
    userId: "usrAAAAAAAAAAAAAA",
    ms: expect.any(Number),
  });
  expect(JSON.stringify(gateway.lines)).not.toContain("canary");
});

describe("pages", () => {
  const gateway = fakeGateway({
    operations: identityOperations,
    about: { version: "<b>1</b>", database: "a & b" },
  });

  test("the first page says what runs, safely", async () => {
    const answer = await get(gateway, "/");
    const text = await answer.text();
    expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(text).toContain("Basalt is running");
    expect(text).toContain("&#60;b&#62;1&#60;/b&#62;");
    expect(text).toContain("a &#38; b");
    expect(text).not.toMatch(/<script|https?:\/\//);
    expect(text).toContain("prefers-color-scheme: dark");
    const style = /<style>([^]*?)<\/style>/.exec(text)?.[1] ?? "";
    const hash = createHash("sha256").update(style).digest("base64");
    expect(answer.headers.get("content-security-policy")).toContain(`style-src 'sha256-${hash}'`);
    expect(answer.headers.get("x-frame-options")).toBe("DENY");
    expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
  });

  test("every link of the first page leads somewhere", async () => {
    const text = await (await get(gateway, "/")).text();
    const links = [...text.matchAll(/href="([^"]+)"/g)].map(([, link = ""]) => link);
    expect(links.length).toBeGreaterThan(5);
    for (const link of links) {
      expect((await get(gateway, link)).status, link).toBe(200);
    }
  });

  test("the link of an invitation leads to what to do with it", async () => {
    const answer = await get(gateway, "/invite");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
    const text = await answer.text();
    for (const call of ["look", "register", "accept"]) {
      expect(text).toContain(`http://basalt.test/api/v1/invitations/${call}`);
    }
    expect(text).not.toContain("<script");
  });

  test("the tour is the README's, with the address of this instance", async () => {
    const answer = await get(gateway, "/docs/tour");
    const text = await answer.text();
    expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(text).toContain("export BASALT=http://basalt.test\n");
    expect(text).toContain("<code>npm install airtable</code>");
    expect(text).toContain("from pyairtable import Api");
    expect(text).not.toContain("BASALT_PORT");
    expect(text).not.toMatch(/<script|```/);
  });

  test("the reference comes from here alone, and every file that it names is there", async () => {
    const answer = await get(gateway, "/docs");
    const text = await answer.text();
    const scripts = /script-src ([^;]*)/.exec(
      answer.headers.get("content-security-policy") ?? "",
    )?.[1];
    expect(scripts).toBe("'self'");
    expect(text).not.toMatch(/https?:\/\//);
    const files = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file = ""]) => file);
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) {
      const part = await get(gateway, file);
      expect(part.status, file).toBe(200);
      expect((await part.arrayBuffer()).byteLength).toBeGreaterThan(100);
    }
  });

  test("the description holds every operation, and any page may read it", async () => {
    const answer = await get(gateway, "/openapi.json");
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    const api = (await answer.json()) as {
      openapi: string;
      paths: Record<string, object>;
      servers: unknown;
    };
    expect(api.openapi).toBe("3.1.0");
    expect(api.servers).toEqual([{ url: "http://basalt.test" }]);
    const count = Object.values(api.paths).flatMap((methods) => Object.keys(methods)).length;
    expect(count).toBe(identityOperations.length);
  });

  test.each(["gateway.no-such-route", "%3Cscript%3E", "x"])(
    "the type of a problem (%s) leads to a page",
    async (code) => {
      const answer = await get(gateway, `/docs/problems/${code}`);
      expect(answer.status).toBe(200);
      expect(await answer.text()).not.toContain("<script");
    },
  );

  test.each([
    "/docs/../package.json",
    "/docs/%2e%2e/package.json",
    "/docs/package.json",
    "/docs/swagger-ui.js",
  ])("%s is not served", async (path) => {
    expect((await get(gateway, path)).status).toBe(404);
  });
});
