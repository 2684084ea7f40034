import { afterAll, describe, expect, test } from "vitest";
import { fakeGateway } from "./testing/fake-world.ts";

const gateway = fakeGateway();
afterAll(() => gateway.close());

const call = (path: string, init?: RequestInit): Promise<Response> =>
  gateway.fetch(new Request(`http://basalt.test${path}`, init));
const signedIn = { authorization: "Bearer good" };

describe("errors", () => {
  test.each([
    ["/v0/nothing", 404, { error: "NOT_FOUND" }],
    [
      "/v0/me",
      401,
      { error: { type: "AUTHENTICATION_REQUIRED", message: "Authentication required" } },
    ],
    ["/v0/bug", 500, { error: { type: "SERVER_ERROR", message: "Internal server error" } }],
    ["/v0/fails/x", 409, { error: { type: "CONFLICT", message: "x" } }],
  ])("%s speaks Airtable's language", async (path, status, body) => {
    const answer = await call(path);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(await answer.json()).toEqual(body);
  });

  test.each([
    ["/api/v1/nothing", 404, "gateway.no-such-route"],
    ["/api/v1/me", 401, "kernel.not-signed-in"],
    ["/api/v1/bug", 500, "kernel.internal"],
    ["/api/v1/fails/x", 409, "test.conflict"],
    ["/nothing", 404, "gateway.no-such-route"],
  ])("%s answers problem+json", async (path, status, code) => {
    const answer = await call(path);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
    expect(await answer.json()).toMatchObject({
      type: `/docs/problems/${code}`,
      status,
      code,
      requestId: answer.headers.get("x-request-id"),
    });
  });

  test("a bug shows nothing of the inside, and the log has it whole", async () => {
    const answer = await call("/api/v1/bug");
    expect(await answer.text()).not.toMatch(/secret_column|db\.internal|\.ts/);
    const line = gateway.lines.findLast(({ level }) => level === "error");
    expect(line).toMatchObject({
      requestId: answer.headers.get("x-request-id"),
      endpoint: "/api/v1/bug",
    });
    expect(String(line?.["err"])).toContain("secret_column");
  });

  test("a problem says when to come back, in whole seconds", async () => {
    const answer = await call("/api/v1/fails/x");
    expect(answer.headers.get("retry-after")).toBe("3");
  });
});

describe("order of checks", () => {
  test.each(["/v0/nothing", "/api/v1/nothing"])(
    "%s: an unknown route comes before a bad token",
    async (path) => {
      expect((await call(path, { headers: { authorization: "Bearer bad" } })).status).toBe(404);
    },
  );

  test("a route that needs nobody does not mind a bad token", async () => {
    expect((await call("/v0/plain", { headers: { authorization: "Bearer bad" } })).status).toBe(
      200,
    );
  });

  test("a wrong password is told as such also to somebody whose old token is refused", async () => {
    const answer = await call("/api/v1/login", {
      method: "POST",
      headers: { authorization: "Bearer bad" },
    });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ code: "test.wrong-password" });
  });

  test("a bad token is answered with identity's own refusal", async () => {
    const answer = await call("/api/v1/me", { headers: { authorization: "Bearer bad" } });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ code: "identity.token-invalid" });
  });

  test("a good token is a person", async () => {
    const answer = await call("/v0/me", { headers: signedIn });
    expect(await answer.json()).toEqual({ id: "usrAAAAAAAAAAAAAA" });
  });
});

describe("routes", () => {
  test.each([
    ["/v0/tables/a%2Fb", "a/b"],
    ["/v0/tables/a%252Fb", "a%2Fb"],
    ["/v0/tables/100%25", "100%"],
    ["/v0/tables/Caf%C3%A9%20%3F", "Café ?"],
    ["/v0/tables/a/", "a"],
    ["/v0/tables/a?", "a"],
  ])("%s is one segment", async (path, name) => {
    const answer = await call(path);
    expect(await answer.json()).toEqual({ name });
  });

  test.each([
    ["/v0/echo", "POST"],
    ["/v0/me", "GET, HEAD"],
  ])("%s with another method is 405 and says which it takes", async (path, allowed) => {
    const answer = await call(path, { method: "DELETE" });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe(allowed);
    expect(await answer.json()).toMatchObject({ error: { type: "METHOD_NOT_ALLOWED" } });
  });

  test("HEAD answers like GET without a body", async () => {
    const answer = await call("/v0/plain", { method: "HEAD" });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toMatch("application/json");
    expect(await answer.text()).toBe("");
  });

  test("a browser on another origin may ask, under /v0 only", async () => {
    const answer = await call("/v0/me", {
      method: "OPTIONS",
      headers: { origin: "https://elsewhere.example" },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(answer.headers.get("access-control-allow-methods")).toBe(
      "DELETE,GET,OPTIONS,PATCH,POST,PUT",
    );
    expect(answer.headers.get("access-control-allow-headers")).toMatch(
      /^authorization,content-length,content-type,/,
    );
    const other = await call("/api/v1/me", { method: "OPTIONS" });
    expect(other.status).toBe(405);
    expect(other.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("request id", () => {
  test.each([
    ["abc-123_X.y", true],
    ["x".repeat(64), true],
    ["x".repeat(65), false],
    ["a b", false],
    ['a"b', false],
    ["<script>", false],
    ["", false],
  ])("%s is kept: %s", async (id, kept) => {
    const answer = await call("/v0/plain", { headers: { "x-request-id": id } });
    const given = answer.headers.get("x-request-id");
    if (kept) {
      expect(given).toBe(id);
    } else {
      expect(given).toMatch(/^req[A-Za-z0-9]{14}$/);
    }
  });
});

describe("answers", () => {
  test("are compressed when that is asked for and pays", async () => {
    const packed = await call("/v0/big", { headers: { "accept-encoding": "br;q=0, gzip" } });
    expect(packed.headers.get("content-encoding")).toBe("gzip");
    expect(packed.headers.get("vary")).toBe("accept-encoding");
    const stream = packed.body?.pipeThrough(new DecompressionStream("gzip"));
    expect(await new Response(stream).json()).toEqual({ text: "x".repeat(5_000) });
    for (const accepted of ["identity", "gzip;q=0", "deflate", ""]) {
      const plain = await call("/v0/big", { headers: { "accept-encoding": accepted } });
      expect(plain.headers.get("content-encoding"), accepted).toBeNull();
    }
    expect(
      (await call("/v0/plain", { headers: { "accept-encoding": "gzip" } })).headers.get(
        "content-encoding",
      ),
    ).toBeNull();
  });

  test("of streams stay streams", async () => {
    const answer = await call("/api/v1/stream", { headers: { "accept-encoding": "gzip" } });
    expect(answer.headers.get("content-encoding")).toBeNull();
    expect(await answer.text()).toBe("data: one\n\n");
  });

  test("are not kept by caches and not guessed at", async () => {
    const answer = await call("/v0/plain");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  test("that come too late are 503, and the route is told", async () => {
    const hasty = fakeGateway({ config: { requestTimeoutMs: 30 } });
    const answer = await hasty.fetch(new Request("http://basalt.test/v0/slow?ms=300"));
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(await answer.json()).toMatchObject({ error: { type: "RETRIABLE_ERROR" } });
  });
});
