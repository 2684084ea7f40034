import { createPublicKey } from "node:crypto";
import { createVerifier } from "fast-jwt";
import { afterEach, expect, test } from "vitest";
import {
  type RoutedGateway,
  routedGateway,
  type ToyUpstream,
  toyUpstream,
} from "./testing/toy-upstream.ts";

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) {
    await one.close();
  }
});

async function open(route: string): Promise<{ old: ToyUpstream; gateway: RoutedGateway }> {
  const old = await toyUpstream("old");
  const gateway = await routedGateway(
    `{ upstreams: { old: { url: "${old.url}" } }, routes: [{ name: a, path: /a, upstream: old, ${route} }] }`,
  );
  opened.push(old, gateway);
  return { old, gateway };
}

const get = (gateway: RoutedGateway, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${gateway.url}/a`, { headers });

test("where a sign-in is required, strangers never reach the upstream", async () => {
  const { old, gateway } = await open("auth: required");
  for (const headers of [
    {},
    { authorization: "Bearer wrong" },
    { authorization: "Basic Z29vZDo=" },
    { "x-basalt-identity": "forged" },
    { cookie: "authorization=Bearer good" },
  ] as Record<string, string>[]) {
    const answer = await get(gateway, headers);
    expect(answer.status).toBe(401);
  }
  for (const path of ["/A", "/%61", "//a", "/./a", "/a;x", "/a%2f", "/b/../a"]) {
    expect((await fetch(gateway.url + path)).status).toBeGreaterThanOrEqual(400);
  }
  expect(old.seen).toHaveLength(0);
});

test("a caller is told to the upstream by a signature that anybody can check", async () => {
  const { old, gateway } = await open("auth: required");
  expect((await get(gateway, { authorization: "Bearer good" })).status).toBe(200);
  const token = String(old.seen[0]?.headers["x-basalt-identity"]);
  expect(old.seen[0]?.headers.authorization).toBeUndefined();
  const [jwk] = gateway.upstreams.signer.jwks.keys;
  const key = createPublicKey({ key: { ...jwk }, format: "jwk" }).export({
    format: "pem",
    type: "spki",
  });
  const verify = createVerifier({ key, algorithms: ["EdDSA"], allowedAud: "old", complete: true });
  const { header, payload } = verify(token) as {
    header: Record<string, unknown>;
    payload: Record<string, number>;
  };
  expect(header).toMatchObject({ alg: "EdDSA", kid: jwk?.kid });
  expect(payload).toMatchObject({
    iss: "http://basalt.test",
    aud: "old",
    sub: "usrAAAAAAAAAAAAAA",
    email: "ada@example.com",
    sid: "sesAAAAAAAAAAAAAA",
  });
  expect((payload["exp"] ?? 0) - (payload["iat"] ?? 0)).toBe(60);
  expect(() =>
    createVerifier({ key, algorithms: ["EdDSA"], allowedAud: "other" })(token),
  ).toThrow();
});

test("where it is optional, strangers pass without a name, and a foreign token is kept back", async () => {
  const { old, gateway } = await open("auth: optional");
  await get(gateway, { authorization: "Bearer wrong", "x-basalt-identity": "forged" });
  await get(gateway, { authorization: "Bearer good" });
  expect(old.seen[0]?.headers["x-basalt-identity"]).toBeUndefined();
  expect(old.seen[0]?.headers.authorization).toBeUndefined();
  expect(old.seen[1]?.headers["x-basalt-identity"]).toMatch(/^ey/);
});

test.each([
  ["", "Bearer theirs"],
  ["identity: strip", undefined],
  ["auth: optional, identity: pass", "Bearer theirs"],
])("%j hands on %j", async (route, expected) => {
  const { old, gateway } = await open(route);
  await get(gateway, { authorization: "Bearer theirs" });
  expect(old.seen[0]?.headers.authorization).toBe(expected);
});

const two = (sticky: string, old: string, fresh: string): string => `
upstreams: { old: { url: "${old}" }, new: { url: "${fresh}" } }
routes:
  - { name: a, path: /a, sticky: ${sticky}, to: [{ upstream: old, weight: 50 }, { upstream: new, weight: 50 }] }
`;

async function openTwo(sticky: string): Promise<RoutedGateway> {
  const [old, fresh] = [
    await toyUpstream("old", (_message, response) => response.end("old")),
    await toyUpstream("new", (_message, response) => response.end("new")),
  ];
  const gateway = await routedGateway(two(sticky, old.url, fresh.url));
  opened.push(old, fresh, gateway);
  return gateway;
}

test("a user stays on one target, users spread over both", async () => {
  const gateway = await openTwo("user");
  const names = new Set<string>();
  for (let user = 0; user < 30; user += 1) {
    const headers = { authorization: `Bearer user-${user}` };
    const first = await (await get(gateway, headers)).text();
    names.add(first);
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await (await get(gateway, headers)).text()).toBe(first);
    }
  }
  expect([...names].toSorted()).toEqual(["new", "old"]);
});

test("a browser stays on one target by a cookie that says nothing of it", async () => {
  const gateway = await openTwo("cookie");
  const names = new Set<string>();
  for (let browser = 0; browser < 30; browser += 1) {
    const first = await get(gateway);
    const name = await first.text();
    names.add(name);
    const [cookie = ""] = first.headers.getSetCookie();
    expect(cookie).toMatch(/^basalt_route=[A-Za-z0-9]+; Path=\/; HttpOnly; SameSite=Lax$/);
    const again = await get(gateway, { cookie: `a=b; ${cookie.split(";")[0]}` });
    expect([await again.text(), again.headers.getSetCookie()]).toEqual([name, []]);
  }
  expect([...names].toSorted()).toEqual(["new", "old"]);
  const odd = await get(gateway, { cookie: "basalt_route=<script>" });
  expect(odd.headers.getSetCookie()).toHaveLength(1);
});

test("a target whose servers are all gone hands its callers to the other one", async () => {
  const [old, fresh] = [
    await toyUpstream("old", (_message, response) => response.end("old")),
    await toyUpstream("new", (_message, response) => response.writeHead(503).end()),
  ];
  const gateway = await routedGateway(
    two("none", old.url, fresh.url).replace(
      `new: { url: "${fresh.url}" }`,
      `new: { url: "${fresh.url}", breaker: { consecutiveFailures: 3 }, retries: { triesMax: 1 } }`,
    ),
  );
  opened.push(old, fresh, gateway);
  const isOpen = (): boolean => gateway.upstreams.upstream("new")?.isAvailable === false;
  while (!isOpen()) {
    await get(gateway);
  }
  for (let turn = 0; turn < 20; turn += 1) {
    expect(await (await get(gateway)).text()).toBe("old");
  }
});
