import { describe, expect, test } from "vitest";
import type { Actor } from "#kernel";
import { ada, fakeGateway, type FakeGateway } from "../testing/fake-world.ts";
import { corsRule, corsSection } from "./cors-rules.ts";

const page = "https://app.example.org";
const other = "https://evil.example";

const call = (
  gateway: FakeGateway,
  path: string,
  { method = "GET", ...headers }: Record<string, string> = {},
): Promise<Response> =>
  gateway.fetch(new Request(`http://basalt.test${path}`, { method, headers }));

const preflight = { method: "OPTIONS", "access-control-request-method": "POST" };

const allowed = ({ headers }: Response): string | null =>
  headers.get("access-control-allow-origin");

const corsHeadersIn = ({ headers }: Response): string[] =>
  [...headers.keys()].filter((name) => name.startsWith("access-control"));

describe("by default, as Airtable does", () => {
  const gateway = fakeGateway();

  test("any page may call what is under /v0", async () => {
    expect(allowed(await call(gateway, "/v0/plain", { origin: other }))).toBe("*");
    expect(allowed(await call(gateway, "/v0/nothing/there", { origin: other }))).toBe("*");
    const asked = await call(gateway, "/v0/plain", { ...preflight, origin: other });
    expect(asked.status).toBe(200);
    expect(allowed(asked)).toBe("*");
    expect(asked.headers.get("access-control-allow-methods")).toBe(
      "DELETE,GET,OPTIONS,PATCH,POST,PUT",
    );
    expect(asked.headers.get("access-control-allow-headers")).toContain("authorization");
    expect(asked.headers.get("access-control-max-age")).toBe("600");
    expect(asked.headers.get("access-control-allow-credentials")).toBeNull();
  });

  test("no page may call anything else", async () => {
    for (const path of ["/api/v1/plain", "/v01/plain", "/", "/health"]) {
      expect(corsHeadersIn(await call(gateway, path, { origin: page })), path).toEqual([]);
    }
    const asked = await call(gateway, "/api/v1/plain", { ...preflight, origin: page });
    expect(asked.status).toBe(405);
    expect(corsHeadersIn(asked)).toEqual([]);
  });
});

describe("with a list of origins", () => {
  const gateway = fakeGateway({
    config: { cors: { origins: [page, "http://localhost:3000"], credentials: true, maxAgeS: 60 } },
  });

  test("these may, on both surfaces, with cookies", async () => {
    for (const path of ["/v0/plain", "/api/v1/plain"]) {
      const answer = await call(gateway, path, { origin: page });
      expect(allowed(answer)).toBe(page);
      expect(answer.headers.get("access-control-allow-credentials")).toBe("true");
      expect(answer.headers.get("vary")).toContain("origin");
    }
    const asked = await call(gateway, "/api/v1/plain", { ...preflight, origin: page });
    expect(asked.status).toBe(204);
    expect(asked.headers.get("access-control-max-age")).toBe("60");
    expect(allowed(asked)).toBe(page);
  });

  test.each([
    other,
    "null",
    "https://app.example.org.evil.example",
    "https://evil.example/?https://app.example.org",
    "http://app.example.org",
    "https://app.example.org:8443",
    "HTTPS://APP.EXAMPLE.ORG",
    "*",
  ])("%s gets no header, and its preflight none either", async (origin) => {
    const answer = await call(gateway, "/v0/plain", { origin });
    expect(answer.status).toBe(200);
    expect(corsHeadersIn(answer)).toEqual([]);
    expect(answer.headers.get("vary")).toBe("origin");
    expect(corsHeadersIn(await call(gateway, "/v0/plain", { ...preflight, origin }))).toEqual([]);
  });
});

test("with no origins nobody may, /v0 included", async () => {
  const gateway = fakeGateway({
    config: { cors: { origins: [], credentials: false, maxAgeS: 0 } },
  });
  expect(corsHeadersIn(await call(gateway, "/v0/plain", { origin: page }))).toEqual([]);
});

test("the description of the API stays open", async () => {
  const gateway = fakeGateway();
  expect(allowed(await call(gateway, "/openapi.json", { origin: other }))).toBe("*");
});

describe("a key for pages of some origins", () => {
  const keyed = (origins: ReadonlySet<string> | null): Actor => {
    if (ada.kind !== "user") {
      throw new Error("Ada is a user");
    }
    const credential = { kind: "key", keyId: "pat1", scopes: new Set<string>() } as const;
    return { ...ada, credential: { ...credential, bases: null, workspaces: null, origins } };
  };
  const gateway = fakeGateway({ actorOf: () => keyed(new Set([page])) });
  const token = { authorization: "Bearer key" };

  test("serves those, by name", async () => {
    const answer = await call(gateway, "/v0/me", { ...token, origin: page });
    expect(answer.status).toBe(200);
    expect(allowed(answer)).toBe(page);
  });

  test("is refused to others, who cannot even read that", async () => {
    for (const path of ["/v0/me", "/api/v1/me"]) {
      const answer = await call(gateway, path, { ...token, origin: other });
      expect(answer.status).toBe(403);
      expect(corsHeadersIn(answer)).toEqual([]);
    }
  });

  test("serves programs, which name no origin", async () => {
    expect((await call(gateway, "/v0/me", token)).status).toBe(200);
  });

  test("opens nothing that the instance keeps closed", async () => {
    const closed = fakeGateway({
      actorOf: () => keyed(new Set([page])),
      config: { cors: { origins: [], credentials: false, maxAgeS: 0 } },
    });
    expect(corsHeadersIn(await call(closed, "/v0/me", { ...token, origin: page }))).toEqual([]);
  });

  test("of null is for any", async () => {
    const any = fakeGateway({ actorOf: () => keyed(null) });
    expect(allowed(await call(any, "/v0/me", { ...token, origin: other }))).toBe("*");
  });
});

describe("rules of the gateway file", () => {
  test("count before the settings, by path, and can be changed while running", async () => {
    const gateway = fakeGateway();
    gateway.applyCors([
      corsRule.parse({ paths: ["/api/v1"], origins: [page], maxAge: 5 }),
      corsRule.parse({ paths: ["/v0"], origins: [] }),
    ]);
    expect(allowed(await call(gateway, "/api/v1/plain", { origin: page }))).toBe(page);
    expect(allowed(await call(gateway, "/api/v1/plain", { origin: other }))).toBeNull();
    expect(allowed(await call(gateway, "/v0/plain", { origin: page }))).toBeNull();
    gateway.applyCors([]);
    expect(allowed(await call(gateway, "/v0/plain", { origin: page }))).toBe("*");
  });

  test.each([
    ["an origin with a path", { origins: ["https://a.example/x"] }],
    ["an origin without a scheme", { origins: ["a.example"] }],
    ["an origin that is no web page's", { origins: ["ftp://a.example"] }],
    ["* beside another", { origins: ["*", page] }],
    ["cookies from anywhere", { origins: ["*"], credentials: true }],
    ["a path that is none", { origins: [page], paths: ["v0"] }],
    ["no path", { origins: [page], paths: [] }],
    ["a negative age", { origins: [page], maxAge: -1 }],
    ["a slip of the keyboard", { origin: page }],
  ])("with %s are refused", (_, rule) => {
    expect(corsSection.safeParse([rule]).success).toBe(false);
  });
});
