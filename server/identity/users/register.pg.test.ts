import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import { closeIdentity } from "../state.ts";
import { clientOf, PASSWORD, signUp, type Call, type Reply } from "../testing/client.ts";
import { inEmptyWorld } from "../testing/empty-world.ts";
import { createUser } from "./create-user.ts";
import { ensureAdministrator } from "./ensure-administrator.ts";

const world = testWorld();
let call: Call;

beforeAll(async () => {
  call = clientOf(world());
  await signUp(call, "admin@example.org");
});
afterAll(() => closeIdentity(world()));

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
        expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
          201, 403, 403, 403, 403,
        ]);
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
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409]);
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
      expect(made.filter(Boolean)).toHaveLength(1);
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
