import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { openTestWorld, testWorld, type TestWorld } from "../../kernel/testing/world.ts";
import { actorOf, cachedActor } from "../actor-of.ts";
import { closeIdentity, identityOf } from "../state.ts";
import { clientOf, meStatus, signUp, type Call, type Reply } from "../testing/client.ts";
import { keyRows } from "../testing/rows.sql.ts";
import { createApiKey } from "./api-keys.ts";

const world = testWorld();
let call: Call;
let admin: Awaited<ReturnType<typeof signUp>>;

beforeAll(async () => {
  call = clientOf(world());
  admin = await signUp(call, "admin@example.org");
});
afterEach(() => world().setClock(null));
afterAll(() => closeIdentity(world()));

const make = (token: string, body: object = {}): Promise<Reply> =>
  call("POST", "/api/v1/api-keys", { token, body: { name: "key", ...body } });

describe("making a key", () => {
  test("answers it once; later it is masked", async () => {
    const user = await signUp(call);
    const { status, body, headers } = await make(user.token, { name: "  my key " });
    expect(status).toBe(201);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(body.key.startsWith(`${body.id}.`)).toBe(true);
    const list = await call("GET", "/api/v1/api-keys", { token: user.token });
    expect(list.text).not.toContain(body.key.slice(20));
    expect(list.body.keys).toEqual([
      {
        id: body.id,
        name: "my key",
        mask: `${body.key.slice(0, 8)}…${body.key.slice(-4)}`,
        scopes: expect.arrayContaining([
          "data.records:write",
          "schema.bases:write",
          "user.email:read",
        ]),
        bases: null,
        workspaces: null,
        origins: null,
        createdAt: expect.any(String),
        expiresAt: null,
        lastUsedAt: null,
      },
    ]);
    expect((await call("GET", `/api/v1/api-keys/${body.id}`, { token: user.token })).body).toEqual(
      list.body.keys[0],
    );
  });

  test("the database holds its hash and nothing of its secret", async () => {
    const user = await signUp(call);
    const { body } = await make(user.token);
    const kept = (await world().db.text(keyRows(body.id))).flat().join(" ");
    expect(kept).toContain(body.id);
    expect(kept).not.toContain(body.key.slice(20, 60));
  });

  test("acts as its user, narrowed to what it was granted", async () => {
    const user = await signUp(call);
    const grants = {
      scopes: ["data.records:read"],
      bases: ["appAAAAAAAAAAAAAA"],
      workspaces: ["wspAAAAAAAAAAAAAA"],
    };
    const { body } = await make(user.token, grants);
    const me = await call("GET", "/api/v1/me", { token: body.key });
    expect(me.body).toMatchObject({
      id: user.id,
      credential: { kind: "key", keyId: body.id, ...grants },
    });
    expect(me.body.email).toBeUndefined();
    expect(await actorOf(world(), `Bearer ${body.key}`)).toMatchObject({
      kind: "user",
      userId: user.id,
      credential: {
        kind: "key",
        scopes: new Set(grants.scopes),
        bases: new Set(grants.bases),
        workspaces: new Set(grants.workspaces),
      },
    });
  });

  test("may be for pages of some origins, which it remembers", async () => {
    const user = await signUp(call);
    const origins = ["https://app.example.org", "http://localhost:3000"];
    const { status, body } = await make(user.token, { origins });
    expect([status, body.origins]).toEqual([201, origins]);
    const shown = await call("GET", `/api/v1/api-keys/${body.id}`, { token: user.token });
    expect(shown.body.origins).toEqual(origins);
    expect(await actorOf(world(), `Bearer ${body.key}`)).toMatchObject({
      credential: { origins: new Set(origins) },
    });
  });

  test("belongs to who asks, whatever the body claims", async () => {
    const [me, them] = [await signUp(call), await signUp(call)];
    const claims = {
      userId: them.id,
      user_id: them.id,
      ownerId: them.id,
      admin: true,
      role: "owner",
      hash: "00",
      revokedAt: null,
    };
    expect(
      (await call("POST", "/api/v1/api-keys", { body: { name: "key", ...claims } })).status,
    ).toBe(401);
    const { status, body } = await make(me.token, claims);
    expect(status).toBe(201);
    expect((await call("GET", "/api/v1/me", { token: body.key })).body.id).toBe(me.id);
    expect((await call("GET", "/api/v1/api-keys", { token: them.token })).body.keys).toEqual([]);
  });

  test("cannot be done with a key, nor can anything that only a session may", async () => {
    const user = await signUp(call);
    const { body } = await make(user.token);
    for (const [method, path, sent] of [
      ["POST", "/api/v1/api-keys", { name: "child" }],
      ["GET", "/api/v1/api-keys", undefined],
      ["GET", `/api/v1/api-keys/${body.id}`, undefined],
      [
        "POST",
        "/api/v1/change-password",
        { currentPassword: "x", newPassword: "another password" },
      ],
      ["PUT", "/api/v1/me", { name: "Mallory" }],
      ["GET", "/api/v1/sessions", undefined],
      ["DELETE", "/api/v1/sessions", undefined],
      ["DELETE", `/api/v1/sessions/${user.sessionId}`, undefined],
      ["POST", "/api/v1/logout", undefined],
      ["POST", "/api/v1/two-factor/setup", { password: "x" }],
      ["POST", "/api/v1/verify-email/request", undefined],
    ] as const) {
      const reply = await call(method, path, { token: body.key, body: sent });
      expect([path, reply.status, reply.body.code]).toEqual([
        path,
        403,
        "identity.session-required",
      ]);
    }
  });

  test("with scopes that govern people is for administrators", async () => {
    const user = await signUp(call);
    const refused = await make(user.token, {
      scopes: ["data.records:read", "enterprise.user:write"],
    });
    expect([refused.status, refused.body.code]).toEqual([422, "identity.scope-not-allowed"]);
    const { body } = await make(admin.token, { scopes: ["enterprise.user:read"] });
    expect((await call("GET", "/api/v1/users", { token: body.key })).status).toBe(200);
    const write = await call("POST", "/api/v1/users", {
      token: body.key,
      body: { email: "x@example.org" },
    });
    expect([write.status, write.body.code]).toEqual([403, "identity.scope-required"]);
  });

  test.each([
    ["no name", {}],
    ["an empty name", { name: "  " }],
    ["a name of two lines", { name: "a\nb" }],
    ["NUL in the name", { name: "a\0" }],
    ["a lone surrogate in the name", { name: "\ud800" }],
    ["a name of 201 characters", { name: "a".repeat(201) }],
    ["a name that is an object", { name: { raw: "1" } }],
    ["an unknown scope", { name: "k", scopes: ["everything"] }],
    ["a scope that is a list", { name: "k", scopes: [["data.records:read"]] }],
    ["scopes as text", { name: "k", scopes: "data.records:read" }],
    ["no scopes at all", { name: "k", scopes: [] }],
    ["a base id of another kind", { name: "k", bases: ["wspAAAAAAAAAAAAAA"] }],
    ["a base id too short", { name: "k", bases: ["app"] }],
    ["an empty list of bases", { name: "k", bases: [] }],
    ["1,001 bases", { name: "k", bases: Array.from({ length: 1_001 }, () => "appAAAAAAAAAAAAAA") }],
    ["an origin with a path", { name: "k", origins: ["https://a.example/x"] }],
    ["an origin without a scheme", { name: "k", origins: ["a.example"] }],
    ["any origin", { name: "k", origins: ["*"] }],
    ["the origin of no page", { name: "k", origins: ["null"] }],
    ["an empty list of origins", { name: "k", origins: [] }],
    ["origins as text", { name: "k", origins: "https://a.example" }],
    ["51 origins", { name: "k", origins: Array.from({ length: 51 }, () => "https://a.example") }],
    ["a past end", { name: "k", expiresAt: "2020-01-01T00:00:00Z" }],
    ["an end on no day", { name: "k", expiresAt: "2027-02-30T00:00:00Z" }],
    ["an end in words", { name: "k", expiresAt: "tomorrow" }],
    ["an end as a number", { name: "k", expiresAt: 1_900_000_000 }],
  ])("with %s is refused with 422", async (_, body) => {
    const { status } = await call("POST", "/api/v1/api-keys", { token: admin.token, body });
    expect(status).toBe(422);
  });
});

describe("a key stops", () => {
  test("at its end", async () => {
    const start = Date.parse("2026-08-01T00:00:00Z");
    world().setClock(new Date(start));
    const user = await signUp(call);
    const { body } = await make(user.token, { expiresAt: "2026-08-01T02:00:00+01:00" });
    world().setClock(new Date(start + 3_599_999));
    expect(await meStatus(call, body.key)).toBe(200);
    world().setClock(new Date(start + 3_600_000));
    expect(await meStatus(call, body.key)).toBe(401);
  });

  test("when it is revoked, by its user or by itself, at once", async () => {
    const user = await signUp(call);
    const [one, two] = [await make(user.token), await make(user.token)];
    expect(await meStatus(call, one.body.key)).toBe(200);
    expect(
      (await call("DELETE", `/api/v1/api-keys/${one.body.id}`, { token: user.token })).status,
    ).toBe(204);
    expect(await meStatus(call, one.body.key)).toBe(401);
    expect(
      (await call("DELETE", `/api/v1/api-keys/${one.body.id}`, { token: user.token })).status,
    ).toBe(404);
    expect(
      (await call("DELETE", `/api/v1/api-keys/${two.body.id}`, { token: two.body.key })).status,
    ).toBe(204);
    expect(await meStatus(call, two.body.key)).toBe(401);
  });

  test("a key cannot revoke another of its user", async () => {
    const user = await signUp(call);
    const [one, two] = [await make(user.token), await make(user.token)];
    expect(
      (await call("DELETE", `/api/v1/api-keys/${one.body.id}`, { token: two.body.key })).status,
    ).toBe(403);
    expect(await meStatus(call, one.body.key)).toBe(200);
  });

  test.each(["GET", "DELETE"])(
    "not by %s of somebody else, for whom it does not exist",
    async (method) => {
      const [me, them] = [await signUp(call), await signUp(call)];
      const { body } = await make(them.token);
      const theirs = await call(method, `/api/v1/api-keys/${body.id}`, { token: me.token });
      const nobodys = await call(method, "/api/v1/api-keys/patAAAAAAAAAAAAAA", { token: me.token });
      expect(theirs.status).toBe(404);
      expect(theirs.body).toEqual(nobodys.body);
      expect((await call(method, "/api/v1/api-keys/%00", { token: me.token })).status).toBe(404);
      expect(await meStatus(call, body.key)).toBe(200);
    },
  );

  test("when its user is disabled, and works again when enabled; deleted, for good", async () => {
    const user = await signUp(call);
    const { body } = await make(user.token);
    const path = `/api/v1/users/${user.id}`;
    expect(await meStatus(call, body.key)).toBe(200);
    await call("PATCH", path, { token: admin.token, body: { disabled: true } });
    expect([await meStatus(call, body.key), await meStatus(call, user.token)]).toEqual([401, 401]);
    await call("PATCH", path, { token: admin.token, body: { disabled: false } });
    expect([await meStatus(call, body.key), await meStatus(call, user.token)]).toEqual([200, 401]);
    expect((await call("DELETE", path, { token: admin.token })).status).toBe(204);
    expect(await meStatus(call, body.key)).toBe(401);
  });

  test("a mistyped key costs no query", async () => {
    const user = await signUp(call);
    const { body } = await make(user.token);
    const wrong = `${body.key.slice(0, -1)}${body.key.endsWith("0") ? "1" : "0"}`;
    const asked = vi.spyOn(world().db, "maybe");
    await expect(actorOf(world(), `Bearer ${wrong}`)).rejects.toMatchObject({
      code: "identity.invalid-token",
    });
    expect(asked).not.toHaveBeenCalled();
    asked.mockRestore();
  });
});

describe("what is remembered", () => {
  test("a header that was seen is known without a query, until its credential is dropped", async () => {
    const user = await signUp(call);
    const header = `Bearer ${user.token}`;
    expect(cachedActor(world(), header)).toBeUndefined();
    const actor = await actorOf(world(), header);
    expect(cachedActor(world(), header)).toEqual(actor);
    await call("PUT", "/api/v1/me", { token: user.token, body: { name: "Grace" } });
    expect(cachedActor(world(), header)).toBeUndefined();
    expect(await actorOf(world(), header)).toMatchObject({ name: "Grace" });
  });

  test("no header is nobody", async () => {
    expect(await actorOf(world(), undefined)).toEqual({ kind: "anonymous" });
  });

  test("the last use is written beside the request, once a minute", async () => {
    const start = Date.parse("2026-09-01T00:00:00Z");
    world().setClock(new Date(start));
    const user = await signUp(call);
    const { body } = await make(user.token);
    const lastUse = async (): Promise<string | null | undefined> => {
      await identityOf(world()).keyUse.flush();
      return (await call("GET", `/api/v1/api-keys/${body.id}`, { token: user.token })).body[
        "lastUsedAt"
      ] as string | null;
    };
    expect(await lastUse()).toBeNull();
    await meStatus(call, body.key);
    expect(await lastUse()).toBe("2026-09-01T00:00:00.000Z");
    world().setClock(new Date(start + 30_000));
    await meStatus(call, body.key);
    expect(await lastUse()).toBe("2026-09-01T00:00:00.000Z");
    world().setClock(new Date(start + 60_000));
    await meStatus(call, body.key);
    expect(await lastUse()).toBe("2026-09-01T00:01:00.000Z");
  });
});

describe("in another process", () => {
  let second: TestWorld;
  beforeAll(async () => {
    second = await openTestWorld({ url: world().url });
  });
  afterAll(async () => {
    await closeIdentity(second);
    await second.close();
  });

  test("keys, sessions and users that end here end there", async () => {
    const there = clientOf(second);
    const user = await signUp(call);
    const other = await signUp(call);
    const { body } = await make(user.token);
    expect([
      await meStatus(there, body.key),
      await meStatus(there, user.token),
      await meStatus(there, other.token),
    ]).toEqual([200, 200, 200]);
    await call("DELETE", `/api/v1/api-keys/${body.id}`, { token: user.token });
    await call("POST", "/api/v1/logout", { token: user.token });
    await call("DELETE", `/api/v1/users/${other.id}`, { token: admin.token });
    await vi.waitFor(
      async () => {
        expect([
          await meStatus(there, body.key),
          await meStatus(there, user.token),
          await meStatus(there, other.token),
        ]).toEqual([401, 401, 401]);
      },
      { timeout: 10_000, interval: 20 },
    );
  });
});

test("the program itself makes a key for somebody, and not for nobody", async () => {
  const user = await signUp(call);
  const { text } = await createApiKey(world().system, user.id, { name: "from the command line" });
  expect(await meStatus(call, text)).toBe(200);
  await expect(
    createApiKey(world().system, "usrAAAAAAAAAAAAAA", { name: "x" }),
  ).rejects.toMatchObject({ code: "identity.user-not-found" });
});
