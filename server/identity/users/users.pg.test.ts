import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestWorld, testWorld, type TestWorld } from "../../kernel/testing/world.ts";
import { closeIdentity, identityOf } from "../state.ts";
import { clientOf, meStatus, PASSWORD, signUp, type Call, type Reply } from "../testing/client.ts";
import { createUser } from "./create-user.ts";
import { ensureAdministrator } from "./ensure-administrator.ts";
import { findUsersByEmail, userProfiles } from "./user-profiles.ts";

const world = testWorld();
let call: Call;
let admin: Awaited<ReturnType<typeof signUp>>;

beforeAll(async () => {
  call = clientOf(world());
  admin = await signUp(call, "admin@example.org");
});
afterAll(() => closeIdentity(world()));

/** A world of its own for a test that begins without users. */
async function inEmptyWorld(
  config: Parameters<typeof openTestWorld>[0],
  work: (empty: TestWorld, there: Call) => Promise<void>,
): Promise<void> {
  const empty = await openTestWorld(config);
  try {
    await work(empty, clientOf(empty));
  } finally {
    await closeIdentity(empty);
    await empty.close();
  }
}

const register = (there: Call, email: string): Promise<Reply> =>
  there("POST", "/api/v1/register", { body: { email, password: PASSWORD, name: "N" } });

describe("registration", () => {
  test("of several at once on an empty instance makes one administrator", async () => {
    await inEmptyWorld({}, async (_, there) => {
      const replies = await Promise.all(
        Array.from({ length: 8 }, (__, at) => register(there, `first${at}@example.org`)),
      );
      expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 201));
      expect(replies.filter(({ body }) => body.user.admin)).toHaveLength(1);
    });
  });

  test.each(["closed", "first-user"] as const)(
    "when “%s”: the first passes, also of several at once, the others meet 403",
    async (registration) => {
      await inEmptyWorld({ config: { registration } }, async (_, there) => {
        const replies = await Promise.all(
          Array.from({ length: 5 }, (__, at) => register(there, `first${at}@example.org`)),
        );
        expect(replies.map(({ status }) => status).toSorted()).toEqual([201, 403, 403, 403, 403]);
        const late = await register(there, "late@example.org");
        expect([late.status, late.body.code]).toEqual([403, "identity.registration-closed"]);
      });
    },
  );

  test("does not take what a stranger claims to be", async () => {
    const claims = {
      admin: true,
      isAdmin: true,
      role: "owner",
      id: "usrAAAAAAAAAAAAAA",
      verified: true,
      verifiedAt: "2020-01-01",
      disabled: false,
    };
    const { status, body } = await call("POST", "/api/v1/register", {
      body: { email: "mallory@example.org", password: PASSWORD, name: "M", ...claims },
    });
    expect(status).toBe(201);
    expect(body.user).toMatchObject({ admin: false, verified: false });
    expect(body.user.id).not.toBe(claims.id);
  });

  test("of an e-mail that is there, in whatever case, is a conflict, and trying many is locked", async () => {
    const taken = await call("POST", "/api/v1/auth/register", {
      body: { email: "ADMIN@example.org", password: PASSWORD },
      address: "203.0.113.5",
    });
    expect([taken.status, taken.body.code, taken.body.fields]).toEqual([
      409,
      "identity.email-taken",
      { email: "is taken" },
    ]);
    for (let at = 0; at < 19; at += 1) {
      await call("POST", "/api/v1/register", {
        body: { email: "admin@example.org", password: PASSWORD },
        address: "203.0.113.5",
      });
    }
    const locked = await call("POST", "/api/v1/register", {
      body: { email: "fresh@example.org", password: PASSWORD },
      address: "203.0.113.5",
    });
    expect(locked.status).toBe(429);
  });

  test("twice the same at once makes one", async () => {
    const replies = await Promise.all([
      register(call, "twice@example.org"),
      register(call, "TWICE@example.org"),
    ]);
    expect(replies.map(({ status }) => status).toSorted()).toEqual([201, 409]);
  });

  test("without a name takes the part before the @", async () => {
    const { body } = await call("POST", "/api/v1/register", {
      body: { email: "nameless@example.org", password: PASSWORD },
    });
    expect(body.user.name).toBe("nameless");
  });
});

describe("the first administrator of the settings", () => {
  const config = { adminEmail: "boss@example.org", adminPassword: PASSWORD };

  test("is made once, also by two that start at once, and not where there is one", async () => {
    await inEmptyWorld({ config }, async (empty, there) => {
      const made = await Promise.all([
        ensureAdministrator(empty.system),
        ensureAdministrator(empty.system),
      ]);
      expect(made.toSorted()).toEqual([false, true]);
      const { body } = await there("POST", "/api/v1/login", {
        body: { email: "boss@example.org", password: PASSWORD },
      });
      expect(body.user).toMatchObject({ admin: true, verified: true });
      expect((await register(there, "second@example.org")).body.user.admin).toBe(false);
    });
    expect(
      await ensureAdministrator({ ...world().system, config: { ...world().config, ...config } }),
    ).toBe(false);
  });

  test("is an existing user of that e-mail, who keeps the password", async () => {
    await inEmptyWorld(
      { config: { ...config, adminPassword: "another password" } },
      async (empty, there) => {
        await createUser(empty.system, { email: "Boss@example.org", password: PASSWORD });
        expect(await ensureAdministrator(empty.system)).toBe(true);
        const { body } = await there("POST", "/api/v1/login", {
          body: { email: "boss@example.org", password: PASSWORD },
        });
        expect(body.user.admin).toBe(true);
      },
    );
  });

  test("is nobody where the settings name nobody", async () => {
    await inEmptyWorld({}, async (empty) => {
      expect(await ensureAdministrator(empty.system)).toBe(false);
    });
  });
});

describe("an administrator", () => {
  test.each([
    ["GET", "/api/v1/users", undefined],
    ["POST", "/api/v1/users", { email: "x@example.org" }],
    ["POST", "/api/v1/users/bulk", { users: [] }],
    ["GET", "/api/v1/users/{id}", undefined],
    ["PATCH", "/api/v1/users/{id}", { admin: true }],
    ["DELETE", "/api/v1/users/{id}", undefined],
  ])("alone may %s %s", async (method, path, body) => {
    const user = await signUp(call);
    const target = path.replace("{id}", user.id);
    const refused = await call(method, target, { token: user.token, body });
    expect([refused.status, refused.body.code]).toEqual([403, "identity.administrator-required"]);
    expect((await call(method, target, { body })).status).toBe(401);
  });

  test("pages through all users, oldest first, and finds them by part of e-mail or name", async () => {
    const seen: string[] = [];
    let offset: string | undefined;
    do {
      const page = await call(
        "GET",
        `/api/v1/users?pageSize=3${offset === undefined ? "" : `&offset=${offset}`}`,
        { token: admin.token },
      );
      expect(page.status).toBe(200);
      seen.push(...page.body.users.map(({ id }) => id));
      ({ offset } = page.body);
    } while (offset !== undefined);
    const all = await call("GET", "/api/v1/users?pageSize=200", { token: admin.token });
    expect(seen).toEqual(all.body.users.map(({ id }) => id));
    expect(new Set(seen).size).toBe(seen.length);
    const found = await call("GET", "/api/v1/users?q=MALLORY", { token: admin.token });
    expect(found.body.users.map(({ email }) => email)).toEqual(["mallory@example.org"]);
    expect((await call("GET", "/api/v1/users?q=%25", { token: admin.token })).body.users).toEqual(
      [],
    );
  });

  test.each([
    "pageSize=0",
    "pageSize=201",
    "pageSize=x",
    "pageSize=1.5",
    "offset=x",
    "offset=1_usr",
    "offset=99999999999999999999_usrAAAAAAAAAAAAAA",
    "q=%00",
    `q=${"a".repeat(300)}`,
  ])("listing with %s is refused with 422", async (query) => {
    expect((await call("GET", `/api/v1/users?${query}`, { token: admin.token })).status).toBe(422);
  });

  test("makes a user without a password, who chooses one with the mail", async () => {
    const made = await call("POST", "/api/v1/users", {
      token: admin.token,
      body: { email: "new@example.org", name: "New", admin: true },
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ email: "new@example.org", admin: false, disabled: false });
    expect(
      (
        await call("POST", "/api/v1/login", {
          body: { email: "new@example.org", password: "anything at all" },
        })
      ).status,
    ).toBe(401);
    await identityOf(world()).background.settled();
    const token = /rst_[\w-]+/.exec(
      world().outbox.find(({ to }) => to === "new@example.org")?.text ?? "",
    )?.[0];
    expect(
      (await call("POST", "/api/v1/reset-password", { body: { token, newPassword: PASSWORD } }))
        .status,
    ).toBe(200);
    expect(
      (
        await call("POST", "/api/v1/login", {
          body: { email: "new@example.org", password: PASSWORD },
        })
      ).status,
    ).toBe(200);
  });

  test("disables, enables, renames and promotes", async () => {
    const user = await signUp(call);
    const patch = (body: object): Promise<Reply> =>
      call("PATCH", `/api/v1/users/${user.id}`, { token: admin.token, body });
    expect((await patch({ name: "Renamed", admin: true })).body).toMatchObject({
      name: "Renamed",
      admin: true,
      disabled: false,
    });
    expect((await call("GET", "/api/v1/users", { token: user.token })).status).toBe(200);
    expect((await patch({ admin: false })).body).toMatchObject({ admin: false });
    expect((await call("GET", "/api/v1/users", { token: user.token })).status).toBe(403);
    expect((await patch({ disabled: true })).body).toMatchObject({ disabled: true });
    expect(await meStatus(call, user.token)).toBe(401);
    expect(
      (await call("POST", "/api/v1/login", { body: { email: user.email, password: PASSWORD } }))
        .status,
    ).toBe(401);
    await patch({ disabled: false });
    expect(
      (await call("POST", "/api/v1/login", { body: { email: user.email, password: PASSWORD } }))
        .status,
    ).toBe(200);
  });

  test.each([
    {},
    { admin: "yes" },
    { disabled: null },
    { name: "" },
    { name: ["x"] },
    [],
    null,
    { unknown: 1 },
  ])("a change to %j is refused with 422", async (body) => {
    const user = await signUp(call);
    expect(
      (await call("PATCH", `/api/v1/users/${user.id}`, { token: admin.token, body })).status,
    ).toBe(422);
  });

  test("deletes: tokens stop, the e-mail is free, the name stays with what they made", async () => {
    const user = await signUp(call, "gone@example.org");
    expect(await meStatus(call, user.token)).toBe(200);
    expect((await call("DELETE", `/api/v1/users/${user.id}`, { token: admin.token })).status).toBe(
      204,
    );
    expect(await meStatus(call, user.token)).toBe(401);
    expect(
      (await call("POST", "/api/v1/refresh", { body: { refreshToken: user.refreshToken } })).status,
    ).toBe(401);
    expect((await call("GET", `/api/v1/users/${user.id}`, { token: admin.token })).status).toBe(
      404,
    );
    const again = await signUp(call, "gone@example.org");
    expect(again.id).not.toBe(user.id);
    expect((await userProfiles(world().system, [user.id])).get(user.id)).toMatchObject({
      name: "Somebody",
    });
    expect(
      (await findUsersByEmail(world().system, ["gone@example.org"])).get("gone@example.org")?.id,
    ).toBe(again.id);
  });

  test("who is the last one stays", async () => {
    await inEmptyWorld({}, async (_, there) => {
      const last = await signUp(there);
      const path = `/api/v1/users/${last.id}`;
      for (const [method, body] of [
        ["PATCH", { admin: false }],
        ["PATCH", { disabled: true }],
        ["DELETE", undefined],
      ] as const) {
        const { status, body: answer } = await there(method, path, { token: last.token, body });
        expect([status, answer.code]).toEqual([409, "identity.last-administrator"]);
      }
      expect(await meStatus(there, last.token)).toBe(200);
    });
  });

  test.each(["usrAAAAAAAAAAAAAA", "x", "%00", "patAAAAAAAAAAAAAA"])(
    "finds no user %s",
    async (id) => {
      for (const [method, body] of [
        ["GET", undefined],
        ["PATCH", { name: "X" }],
        ["DELETE", undefined],
      ] as const) {
        expect(
          (await call(method, `/api/v1/users/${id}`, { token: admin.token, body })).status,
        ).toBe(404);
      }
    },
  );
});

describe("users in bulk", () => {
  const bulk = (users: unknown): Promise<Reply> =>
    call("POST", "/api/v1/users/bulk", { token: admin.token, body: { users } });

  test("each row has its outcome; wrong ones stop nobody else", async () => {
    const { status, body } = await bulk([
      { email: "bulk1@example.org", name: "One", password: PASSWORD },
      { email: "not an address" },
      { email: "BULK1@example.org" },
      { email: "admin@example.org" },
      { email: "bulk2@example.org", admin: true },
      null,
      "text",
      { email: { raw: "1" } },
      { email: "bulk3@example.org", password: "short" },
    ]);
    expect(status).toBe(200);
    expect(body.outcomes.map(({ status: outcome, code }) => code ?? outcome)).toEqual([
      "created",
      "contract.invalid-body",
      "identity.email-taken",
      "identity.email-taken",
      "created",
      "contract.invalid-body",
      "contract.invalid-body",
      "contract.invalid-body",
      "contract.invalid-body",
    ]);
    expect(body.outcomes[8]).toMatchObject({
      index: 8,
      fields: { password: "8 to 128 characters" },
    });
    expect(
      (
        await call("POST", "/api/v1/login", {
          body: { email: "bulk1@example.org", password: PASSWORD },
        })
      ).status,
    ).toBe(200);
    const second = await call("GET", `/api/v1/users/${body.outcomes[4]?.id}`, {
      token: admin.token,
    });
    expect(second.body).toMatchObject({ email: "bulk2@example.org", name: "bulk2", admin: false });
  });

  test("a thousand are made in one call, one more is refused", async () => {
    const rows = Array.from({ length: 1_000 }, (_, at) => ({ email: `row${at}@bulk.example.org` }));
    const { body } = await bulk(rows);
    expect(body.outcomes.filter(({ status }) => status === "created")).toHaveLength(1_000);
    expect((await bulk([...rows, { email: "one@more.example.org" }])).status).toBe(422);
  });

  test.each([undefined, null, {}, "x", []])("users: %j is refused with 422", async (users) => {
    expect((await bulk(users)).status).toBe(422);
  });
});

describe("profiles", () => {
  test("come by id from memory, and anew after a change", async () => {
    const user = await signUp(call);
    expect((await userProfiles(world().system, [user.id, user.id, "usrAAAAAAAAAAAAAA"])).size).toBe(
      1,
    );
    await call("PUT", "/api/v1/me", {
      token: user.token,
      body: { name: " Grace Hopper ", admin: true, email: "other@example.org" },
    });
    expect((await userProfiles(world().system, [user.id])).get(user.id)).toEqual({
      id: user.id,
      email: user.email,
      name: "Grace Hopper",
    });
    expect((await call("GET", "/api/v1/me", { token: user.token })).body).toMatchObject({
      admin: false,
      email: user.email,
    });
  });

  test("come by e-mail under the text that was asked for", async () => {
    const user = await signUp(call, "Weiß@example.org");
    const found = await findUsersByEmail(world().system, [
      "WEIß@EXAMPLE.org",
      "nobody@example.org",
      "a\0b",
      "",
    ]);
    expect([...found]).toEqual([
      ["WEIß@EXAMPLE.org", { id: user.id, email: "Weiß@example.org", name: "Somebody" }],
    ]);
  });

  test.each([undefined, "", " ", "a\nb", "a\0", "\udc00", 5, {}, ["x"], "x".repeat(201)])(
    "the name %j is refused with 422",
    async (name) => {
      expect((await call("PUT", "/api/v1/me", { token: admin.token, body: { name } })).status).toBe(
        422,
      );
    },
  );
});
