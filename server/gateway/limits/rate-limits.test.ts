import { describe, expect, test } from "vitest";
import type { Actor, Problem, UserActor } from "#kernel";
import { ada, fakeGateway, type FakeGateway } from "../testing/fake-world.ts";
import { type LimitRule, limitRule, limitSection, rulesOfSettings } from "./limit-rules.ts";
import { testConfig } from "../../kernel/testing/config.ts";
import { type Caller, RateLimits } from "./rate-limits.ts";
import { baseIdIn, routeClassOf } from "./route-class.ts";

const signedIn = { authorization: "Bearer good" };

const get = (
  gateway: FakeGateway,
  path: string,
  options: { readonly headers?: Record<string, string>; readonly address?: string } = {},
): Promise<Response> =>
  gateway.fetch(new Request(`http://basalt.test${path}`, { headers: options.headers ?? {} }), {
    address: options.address ?? "203.0.113.1",
  });

const hundred = { limit: 100, windowS: 60 };
const limits = testConfig.limits;

async function statuses(count: number, call: () => Promise<Response>): Promise<number[]> {
  const found: number[] = [];
  for (let at = 0; at < count; at += 1) {
    found.push((await call()).status);
  }
  return found;
}

describe("a hundred requests in a minute", () => {
  test("of a key: the 101st is refused with Retry-After, other keys go on", async () => {
    const gateway = fakeGateway({
      config: { limits: { ...limits, key: hundred } },
      actorOf: (_world, authorization) => ({
        ...ada,
        credential: { kind: "session", sessionId: authorization },
      }),
    });
    const call = () => get(gateway, "/v0/plain", { headers: signedIn });
    expect(new Set(await statuses(100, call))).toEqual(new Set([200]));
    const refused = await call();
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(await refused.json()).toEqual({
      error: {
        type: "RATE_LIMIT_REACHED",
        message: "Rate limit exceeded. Please try again later",
      },
    });
    const other = await get(gateway, "/v0/plain", { headers: { authorization: "Bearer other" } });
    expect(other.status).toBe(200);
  });

  test("of an address: the 101st is refused, whatever the token, and other addresses go on", async () => {
    const gateway = fakeGateway({ config: { limits: { ...limits, address: hundred } } });
    await statuses(50, () => get(gateway, "/api/v1/plain"));
    await statuses(50, () => get(gateway, "/api/v1/plain", { headers: signedIn }));
    const refused = await get(gateway, "/api/v1/plain", { headers: signedIn });
    expect(refused.status).toBe(429);
    expect(refused.headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
    expect(await refused.json()).toMatchObject({
      code: "gateway.too-many-requests",
      status: 429,
      detail: 'More than 100 requests in 60 s (limit "address"); try again in 1 s.',
    });
    expect((await get(gateway, "/api/v1/plain", { address: "203.0.113.2" })).status).toBe(200);
  });

  test("of an IPv6 network are one, and IPv4 is the same in IPv6", async () => {
    const gateway = fakeGateway({ config: { limits: { ...limits, address: hundred } } });
    let at = 0;
    await statuses(100, () =>
      get(gateway, "/v0/plain", { address: `2001:db8:1:2::${(at += 1).toString(16)}` }),
    );
    const same = await get(gateway, "/v0/plain", { address: "2001:db8:1:2:ffff::1" });
    expect(same.status).toBe(429);
    expect((await get(gateway, "/v0/plain", { address: "2001:db8:1:3::1" })).status).toBe(200);
    await statuses(100, () => get(gateway, "/v0/plain", { address: "::ffff:192.0.2.1" }));
    expect((await get(gateway, "/v0/plain", { address: "192.0.2.1" })).status).toBe(429);
  });
});

describe("by default", () => {
  test("nobody who is signed in is limited, and is told of no limit", async () => {
    const gateway = fakeGateway({ config: { limits: { ...limits, anonymous: hundred } } });
    const call = () => get(gateway, "/v0/plain", { headers: signedIn });
    expect(new Set(await statuses(150, call))).toEqual(new Set([200]));
    expect([...(await call()).headers.keys()].filter((name) => /ratelimit/.test(name))).toEqual([]);
  });

  test("who is not signed in is limited by address, with a bad token too; health never", async () => {
    const gateway = fakeGateway({ config: { limits: { ...limits, anonymous: hundred } } });
    await statuses(60, () => get(gateway, "/v0/plain"));
    await statuses(40, () => get(gateway, "/v0/plain", { headers: { authorization: "Bearer x" } }));
    expect((await get(gateway, "/v0/plain")).status).toBe(429);
    expect(new Set(await statuses(20, () => get(gateway, "/health")))).toEqual(new Set([200]));
  });
});

test("an answer tells of each limit that counted", async () => {
  const now = new Date("2026-11-20T10:00:00Z");
  const gateway = fakeGateway({
    config: { limits: { ...limits, key: hundred, user: { limit: 10, windowS: 1 } } },
    world: { now: () => now },
  });
  const { headers } = await get(gateway, "/api/v1/plain", { headers: signedIn });
  expect(headers.get("ratelimit-policy")).toBe('"key";q=100;w=60, "user";q=10;w=1');
  expect(headers.get("ratelimit")).toBe('"key";r=99;t=1, "user";r=9;t=1');
  expect(headers.get("x-ratelimit-limit")).toBe("10");
  expect(headers.get("x-ratelimit-remaining")).toBe("9");
  expect(headers.get("x-ratelimit-reset")).toBe(String(now.getTime() / 1_000 + 1));
});

/** Limits on a clock that the test moves. */
function limitsAt(rules: readonly LimitRule[]) {
  let nowMs = 0;
  const rateLimits = new RateLimits({}, () => nowMs);
  rateLimits.apply(rules);
  const ask = (caller: Partial<Caller> = {}): Problem | undefined => {
    const answer = rateLimits.ask(callerOf(caller));
    if (answer instanceof Promise) {
      throw new Error("without Redis every answer is at once");
    }
    return answer;
  };
  return {
    rateLimits,
    ask,
    at: (ms: number) => {
      nowMs = ms;
    },
    asks: (count: number, caller: Partial<Caller> = {}): number =>
      Array.from({ length: count }, () => ask(caller)).filter((one) => one === undefined).length,
  };
}

function callerOf(caller: Partial<Caller>): Caller {
  return {
    address: "203.0.113.1",
    actor: ada,
    surface: "airtable",
    routeClass: "read",
    baseId: undefined,
    ...caller,
  };
}

const user = (userId: string): Actor => ({ ...(ada as UserActor), userId });
const rule = (given: object): LimitRule => limitRule.parse(given);

describe("Airtable's limits", () => {
  const airtable = rulesOfSettings({ ...testConfig, airtableLimits: true });
  const base = "appAAAAAAAAAAAAAA";

  test("five requests to a base, then thirty seconds in which each is refused", () => {
    const { rateLimits, ask, asks, at } = limitsAt(airtable);
    const caller = callerOf({ baseId: base });
    // A first answer shows that the caller may be in the base.
    expect(ask(caller)).toBeUndefined();
    rateLimits.noteAnswer(caller, 200);
    at(5_000);
    expect(asks(7, { baseId: base })).toBe(5);
    const refused = ask({ baseId: base });
    expect(refused?.details.retryAfterS).toBe(30);
    at(20_000);
    expect(ask({ baseId: base })?.details.retryAfterS).toBe(15);
    at(34_999);
    expect(asks(3, { baseId: base })).toBe(0);
    expect(asks(1, { baseId: "appBBBBBBBBBBBBBB" })).toBe(1);
    at(35_000);
    expect(asks(7, { baseId: base })).toBe(5);
  });

  test("fifty requests of a user over all bases", () => {
    const { asks, at } = limitsAt(airtable);
    let taken = 0;
    for (let one = 0; one < 12; one += 1) {
      taken += asks(5, { baseId: `app${String(one).padStart(14, "0")}` });
    }
    expect(taken).toBe(50);
    at(29_000);
    expect(asks(1, { baseId: base })).toBe(0);
    expect(asks(1, { actor: user("usrBBBBBBBBBBBBBB"), baseId: base })).toBe(1);
    at(30_000);
    expect(asks(1, { baseId: base })).toBe(1);
  });

  test("hold under /v0 only, and are off unless asked for", () => {
    expect(limitsAt(airtable).asks(100, { surface: "problem", baseId: base })).toBe(100);
    expect(limitsAt(rulesOfSettings(testConfig)).asks(100, { baseId: base })).toBe(100);
  });
});

describe("the share of a base", () => {
  const perBase = [rule({ name: "base", limit: 10, per: "base" })];
  const baseId = "appAAAAAAAAAAAAAA";

  test("cannot be used up by somebody to whom the base is closed", () => {
    const { rateLimits, asks } = limitsAt(perBase);
    const stranger = callerOf({ actor: user("usrMMMMMMMMMMMMMM"), baseId });
    for (let at = 0; at < 20; at += 1) {
      void rateLimits.ask(stranger);
      rateLimits.noteAnswer(stranger, 403);
    }
    expect(asks(10, { baseId })).toBe(10);
  });

  test("is one for all who may be in it", () => {
    const { rateLimits, asks } = limitsAt(perBase);
    const members = ["usrAAAAAAAAAAAAAA", "usrBBBBBBBBBBBBBB"].map(user);
    for (const actor of members) {
      const caller = callerOf({ actor, baseId });
      void rateLimits.ask(caller);
      rateLimits.noteAnswer(caller, 200);
    }
    expect(members.map((actor) => asks(6, { actor, baseId }))).toEqual([6, 2]);
  });

  test("is not touched by callers without a token", () => {
    const { asks } = limitsAt(perBase);
    expect(asks(100, { actor: { kind: "anonymous" }, baseId })).toBe(100);
  });
});

describe("rules", () => {
  test("count together, and one that refuses costs the others nothing", () => {
    const { asks, at } = limitsAt([
      rule({ name: "wide", limit: 100, window: 60, per: "user" }),
      rule({ name: "tight", limit: 2, window: 1, per: ["user", "class"] }),
    ]);
    expect(asks(50)).toBe(2);
    expect(asks(50, { routeClass: "write" })).toBe(2);
    at(1_000);
    let taken = 0;
    for (let second = 2; second < 60; second += 1) {
      taken += asks(5);
      at(second * 1_000);
    }
    expect(taken).toBeGreaterThan(100);
  });

  test("are for the classes, keys, users and bases that they name", () => {
    const { asks } = limitsAt([
      rule({ name: "writes", limit: 1, per: "user", classes: ["write"] }),
      rule({ name: "one-base", limit: 2, per: "base", bases: ["appAAAAAAAAAAAAAA"] }),
      rule({ name: "one-user", limit: 3, per: "user", users: ["usrBBBBBBBBBBBBBB"] }),
    ]);
    expect(asks(5, { routeClass: "write" })).toBe(1);
    expect(asks(5)).toBe(5);
    expect(asks(5, { baseId: "appAAAAAAAAAAAAAA" })).toBe(2);
    expect(asks(5, { baseId: "appCCCCCCCCCCCCCC" })).toBe(5);
    expect(asks(5, { actor: user("usrBBBBBBBBBBBBBB") })).toBe(3);
  });

  test("change while running: what stays keeps its count, what goes is forgotten", () => {
    const kept = rule({ name: "kept", limit: 5, per: "user" });
    const { rateLimits, asks } = limitsAt([kept]);
    expect(asks(4)).toBe(4);
    rateLimits.apply([kept, rule({ name: "new", limit: 10, per: "address" })]);
    expect(asks(4)).toBe(1);
    rateLimits.apply([]);
    expect(asks(100)).toBe(100);
  });

  test("of the file take the place of the setting with the same name", async () => {
    const gateway = fakeGateway({ config: { limits: { ...limits, key: hundred } } });
    gateway.applyLimits([rule({ name: "key", limit: 1, per: "key" })]);
    const call = () => get(gateway, "/v0/plain", { headers: signedIn });
    expect(await statuses(3, call)).toEqual([200, 429, 429]);
    gateway.applyLimits([]);
    expect(await statuses(3, call)).toEqual([200, 200, 200]);
  });

  test.each([
    ["no name", { limit: 1, per: "key" }],
    ["a name in capitals", { name: "Key", limit: 1, per: "key" }],
    ["a name that breaks the header", { name: 'a"', limit: 1, per: "key" }],
    ["no limit", { name: "a", per: "key" }],
    ["a limit of nothing", { name: "a", limit: 0, per: "key" }],
    ["half a request", { name: "a", limit: 0.5, per: "key" }],
    ["a limit in words", { name: "a", limit: "many", per: "key" }],
    ["no window", { name: "a", limit: 1, window: 0, per: "key" }],
    ["a window of a month", { name: "a", limit: 1, window: 2_592_000, per: "key" }],
    ["nobody", { name: "a", limit: 1, per: [] }],
    ["somebody strange", { name: "a", limit: 1, per: "country" }],
    ["a class that is none", { name: "a", limit: 1, per: "key", classes: ["reads"] }],
    ["no class", { name: "a", limit: 1, per: "key", classes: [] }],
    ["keys of callers who have none", { name: "a", limit: 1, per: "key", callers: "anonymous" }],
    ["a slip of the keyboard", { name: "a", limit: 1, per: "key", brust: 3 }],
  ])("with %s are refused", (_, given) => {
    expect(limitRule.safeParse(given).success).toBe(false);
  });

  test("of one name twice are refused", () => {
    const one = { name: "a", limit: 1, per: "key" };
    expect(limitSection.safeParse([one, { ...one, name: "b" }]).success).toBe(true);
    expect(limitSection.safeParse([one, one]).success).toBe(false);
  });
});

describe("what a request is", () => {
  test.each([
    ["GET", "/v0/appAAAAAAAAAAAAAA/Plants", "read"],
    ["POST", "/v0/appAAAAAAAAAAAAAA/Plants", "write"],
    ["POST", "/v0/appAAAAAAAAAAAAAA/Plants/listRecords", "read"],
    ["POST", "/v0/appAAAAAAAAAAAAAA/recAAAAAAAAAAAAAA/F/uploadAttachment", "file"],
    ["GET", "/v0/meta/bases", "read"],
    ["POST", "/v0/meta/bases/appAAAAAAAAAAAAAA/tables", "schema"],
    ["POST", "/api/v1/login", "sign-in"],
    ["POST", "/api/v1/login/second-factor", "sign-in"],
    ["POST", "/api/v1/loginx", "other"],
    ["GET", "/api/v1/bases/appAAAAAAAAAAAAAA/export", "long"],
    ["GET", "/health", "health"],
    ["GET", "/metrics", "health"],
    ["GET", "/healthy", "page"],
    ["GET", "/api/v1/x?/health", "other"],
    ["GET", "/files/att/hash/name", "file"],
    ["GET", "/", "page"],
  ])("%s %s is of the class %s", (method, path, routeClass) => {
    expect(routeClassOf(method, path)).toBe(routeClass);
  });

  test.each([
    ["/v0/appAAAAAAAAAAAAAA/Plants", "appAAAAAAAAAAAAAA"],
    ["/v0/appAAAAAAAAAAAAAA", "appAAAAAAAAAAAAAA"],
    ["/v0/meta/bases/appAAAAAAAAAAAAAA/tables", "appAAAAAAAAAAAAAA"],
    ["/api/v1/apps/appAAAAAAAAAAAAAA", "appAAAAAAAAAAAAAA"],
    ["/v0/appAAAAAAAAAAAAAAA/x", undefined],
    ["/v0/app/AAAAAAAAAAAAA/x", undefined],
    ["/v0/applications", undefined],
    ["/", undefined],
  ])("%s is in the base %s", (path, baseId) => {
    expect(baseIdIn(path)).toBe(baseId);
  });
});
