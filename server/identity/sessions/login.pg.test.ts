import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import { closeIdentity } from "../state.ts";
import { clientOf, meStatus, PASSWORD, signUp, type Call } from "../testing/client.ts";

const world = testWorld();
let call: Call;
let addresses = 0;

/** An address that has failed nothing yet. */
function freshAddress(): string {
  addresses += 1;
  return `198.51.100.${addresses}`;
}

beforeAll(async () => {
  call = clientOf(world());
  await signUp(call, "ada@example.org");
});
afterEach(() => world().setClock(null));
afterAll(() => closeIdentity(world()));

test.each(["/api/v1/login", "/api/v1/auth/login"])(
  "%s answers a token, a refresh token and the user",
  async (path) => {
    const { status, body, headers } = await call("POST", path, {
      body: { email: "ADA@example.ORG", password: PASSWORD },
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      expiresIn: 900,
      user: {
        email: "ada@example.org",
        name: "Somebody",
        admin: true,
        verified: false,
        twoFactor: false,
      },
    });
    expect(Object.keys(body.user).toSorted()).toEqual([
      "admin",
      "createdAt",
      "email",
      "id",
      "name",
      "twoFactor",
      "verified",
    ]);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(await meStatus(call, body.token)).toBe(200);
  },
);

test("an e-mail is the same in either composition of its letters", async () => {
  await signUp(call, "josé@example.org".normalize("NFD"));
  const { status } = await call("POST", "/api/v1/login", {
    body: { email: "JOSÉ@example.org".normalize("NFC"), password: PASSWORD },
  });
  expect(status).toBe(200);
});

test.each([
  ["not JSON", "{"],
  ["nothing", ""],
  ["a list", "[]"],
  ["text", '"ada"'],
  ["null", "null"],
  ["no password", '{"email":"ada@example.org"}'],
  ["an object as e-mail", '{"email":{"raw":"1"},"password":"x"}'],
  ["a list as password", '{"email":"ada@example.org","password":["x"]}'],
  ["a number as password", '{"email":"ada@example.org","password":12345678}'],
  ["no e-mail address", '{"email":"ada","password":"xxxxxxxx"}'],
  ["NUL in the e-mail", '{"email":"a\\u0000@example.org","password":"xxxxxxxx"}'],
  ["a lone surrogate", '{"email":"a\\ud800@example.org","password":"xxxxxxxx"}'],
  ["an endless e-mail", `{"email":"${"a".repeat(10_000)}@example.org","password":"xxxxxxxx"}`],
  ["an endless password", `{"email":"ada@example.org","password":"${"a".repeat(10_000)}"}`],
])("%s is answered 400 “Invalid request”", async (_, text) => {
  const { status, body } = await call("POST", "/api/v1/login", { text });
  expect(status).toBe(400);
  expect(body).toMatchObject({
    code: "identity.invalid-request",
    detail: "Invalid request",
    error: "Invalid request",
  });
});

test("a body of another type is answered 415", async () => {
  const options = {
    text: "email=a",
    headers: { "content-type": "application/x-www-form-urlencoded" },
  };
  expect((await call("POST", "/api/v1/login", options)).status).toBe(415);
});

describe("wrong credentials", () => {
  test("are answered alike for known, unknown and disabled users, up to the lock", async () => {
    const known = await signUp(call, "known@example.org");
    const disabled = await signUp(call, "disabled@example.org");
    const admin = await call("POST", "/api/v1/login", {
      body: { email: "ada@example.org", password: PASSWORD },
    });
    await call("PATCH", `/api/v1/users/${disabled.id}`, {
      token: admin.body.token,
      body: { disabled: true },
    });
    world().setClock(new Date());
    const answers = async (email: string, password: string): Promise<unknown[]> => {
      const address = freshAddress();
      const seen: unknown[] = [];
      for (let attempt = 0; attempt < 7; attempt += 1) {
        const { status, body, headers } = await call("POST", "/api/v1/login", {
          body: { email, password },
          address,
        });
        seen.push({ status, body, retry: headers.get("retry-after") });
      }
      return seen;
    };
    const forKnown = await answers(known.email, "wrong password");
    expect(await answers("nobody@example.org", "wrong password")).toEqual(forKnown);
    expect(await answers(disabled.email, PASSWORD)).toEqual(forKnown);
    expect(forKnown).toMatchObject([
      {
        status: 401,
        body: {
          detail: "Invalid credentials",
          error: "Invalid credentials",
          code: "identity.invalid-credentials",
        },
      },
      { status: 401, body: { warning: "3 login attempts remaining before a lock." } },
      { status: 401, body: { warning: "2 login attempts remaining before a lock." } },
      { status: 401, body: { warning: "1 login attempt remaining before a lock." } },
      { status: 401, body: { warning: "Too many failed attempts: locked for 60 seconds." } },
      {
        status: 429,
        body: { code: "identity.locked-out", locked: true, retry_after_sec: 60 },
        retry: "60",
      },
      { status: 429, body: { locked: true } },
    ]);
  });

  test("lock for a minute, then twice as long each time, at most half an hour, and the right password ends it", async () => {
    const { email } = await signUp(call);
    let at = Date.parse("2026-06-01T00:00:00Z");
    const locks: unknown[] = [];
    for (let round = 0; round < 7; round += 1) {
      world().setClock(new Date(at));
      for (let attempt = 0; attempt < 5; attempt += 1) {
        await call("POST", "/api/v1/login", {
          body: { email, password: "wrong password" },
          address: freshAddress(),
        });
      }
      const { status, body } = await call("POST", "/api/v1/login", {
        body: { email, password: PASSWORD },
        address: freshAddress(),
      });
      expect(status).toBe(429);
      locks.push(body["retry_after_sec"]);
      at += Number(body["retry_after_sec"]) * 1000;
    }
    expect(locks).toEqual([60, 120, 240, 480, 960, 1800, 1800]);
    world().setClock(new Date(at));
    const login = async (password: string): Promise<number> =>
      (await call("POST", "/api/v1/login", { body: { email, password }, address: freshAddress() }))
        .status;
    expect(await login(PASSWORD)).toBe(200);
    expect([await login("wrong password"), await login(PASSWORD)]).toEqual([401, 200]);
  });

  test("four failures, five minutes later, are forgotten", async () => {
    const { email } = await signUp(call);
    const fail = async (): Promise<number> =>
      (
        await call("POST", "/api/v1/login", {
          body: { email, password: "wrong password" },
          address: freshAddress(),
        })
      ).status;
    const start = Date.parse("2026-06-02T00:00:00Z");
    world().setClock(new Date(start));
    const statuses = [await fail(), await fail(), await fail(), await fail()];
    world().setClock(new Date(start + 5 * 60_000));
    statuses.push(await fail(), await fail(), await fail(), await fail(), await fail());
    expect(statuses).toEqual(Array.from({ length: 9 }, () => 401));
    expect(await fail()).toBe(429);
  });

  test("parallel guesses are counted one by one: five are checked, the rest meet the lock", async () => {
    const { email } = await signUp(call);
    world().setClock(new Date());
    const address = freshAddress();
    const replies = await Promise.all(
      Array.from({ length: 12 }, (_, at) =>
        call("POST", "/api/v1/login", {
          body: { email, password: `wrong password ${at}` },
          address,
        }),
      ),
    );
    const statuses = replies.map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([401, 401, 401, 401, 401, ...Array.from({ length: 7 }, () => 429)]);
  });

  test("twenty failures lock an address: IPv6 by its /64, IPv4 also when mapped", async () => {
    world().setClock(new Date());
    const from = async (address: string, at: number): Promise<number> =>
      (
        await call("POST", "/api/v1/login", {
          body: { email: `nobody${at}@example.org`, password: "wrong password" },
          address,
        })
      ).status;
    for (let at = 0; at < 20; at += 1) {
      expect(await from(`2001:db8:5:5::${at.toString(16)}`, at)).toBe(401);
      expect(await from(at % 2 === 0 ? "203.0.113.9" : "::ffff:203.0.113.9", at + 100)).toBe(401);
    }
    expect(await from("2001:db8:5:5:ffff::1", 200)).toBe(429);
    expect(await from("2001:db8:5:6::1", 201)).toBe(401);
    expect(await from("::ffff:cb00:7109", 202)).toBe(429);
    const right = { body: { email: "ada@example.org", password: PASSWORD } };
    expect((await call("POST", "/api/v1/login", { ...right, address: "203.0.113.9" })).status).toBe(
      429,
    );
    expect(
      (await call("POST", "/api/v1/login", { ...right, address: "203.0.113.10" })).status,
    ).toBe(200);
  });

  test("a hundred right sign-ins at once all pass", async () => {
    const { email } = await signUp(call);
    const replies = await Promise.all(
      Array.from({ length: 100 }, () =>
        call("POST", "/api/v1/login", {
          body: { email, password: PASSWORD },
          address: "203.0.113.50",
        }),
      ),
    );
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
  });
});

test("a sign-in is written down with who, from where and in which request", async () => {
  const lines: object[] = [];
  const info = (fields: object, message?: string): void => {
    lines.push({ ...fields, message });
  };
  const log = { ...world().log, info };
  const seen = clientOf({
    ...world(),
    scopeFor: (actor, more) => ({ ...world().scopeFor(actor, more), log }),
  });
  const { body } = await seen("POST", "/api/v1/login", {
    body: { email: "ada@example.org", password: PASSWORD },
    address: "198.51.100.77",
  });
  expect(lines).toContainEqual({
    message: "identity: signed in",
    userId: body.user.id,
    address: "198.51.100.77",
    requestId: expect.any(String) as string,
  });
});
