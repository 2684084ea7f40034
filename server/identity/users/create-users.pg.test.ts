import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import { inTransaction } from "#kernel";
import { closeIdentity, identityOf } from "../state.ts";
import {
  clientOf,
  PASSWORD,
  signUp,
  type Call,
  type Reply,
  type SignedUp,
} from "../testing/client.ts";
import { createUsers } from "./create-users.ts";
import { findUsersByEmail, userProfiles } from "./user-profiles.ts";

const world = testWorld();
let call: Call;
let admin: SignedUp;

beforeAll(async () => {
  call = clientOf(world());
  admin = await signUp(call, "admin@example.org");
});
afterAll(() => closeIdentity(world()));

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

describe("mail to those who were made", () => {
  const mailed = async (email: string): Promise<boolean> => {
    await identityOf(world()).background.settled();
    return world().outbox.some(({ to }) => to === email);
  };

  test("waits for the commit of the caller's transaction, and is not sent where that fails", async () => {
    const { system } = world();
    await inTransaction(system, async (tx) => {
      await createUsers(tx, [{ email: "kept@example.org" }]);
      expect(await mailed("kept@example.org")).toBe(false);
    });
    expect(await mailed("kept@example.org")).toBe(true);
    const failing = inTransaction(system, async (tx) => {
      await createUsers(tx, [{ email: "undone@example.org" }]);
      throw new Error("undone");
    });
    await expect(failing).rejects.toThrow("undone");
    expect(await mailed("undone@example.org")).toBe(false);
    expect((await findUsersByEmail(system, ["undone@example.org"])).size).toBe(0);
  });

  test("a call whose time is over makes nobody", async () => {
    const scope = { ...world().system, signal: AbortSignal.abort() };
    await expect(createUsers(scope, [{ email: "late@example.org" }])).rejects.toMatchObject({
      code: "identity.cut-off",
    });
    expect((await findUsersByEmail(scope, ["late@example.org"])).size).toBe(0);
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
