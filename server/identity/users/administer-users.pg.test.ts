import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import { closeIdentity, identityOf } from "../state.ts";
import {
  clientOf,
  meStatus,
  PASSWORD,
  signUp,
  type Call,
  type Reply,
  type SignedUp,
} from "../testing/client.ts";
import { inEmptyWorld } from "../testing/empty-world.ts";
import { findUsersByEmail, userProfiles } from "./user-profiles.ts";

const world = testWorld();
let call: Call;
let admin: SignedUp;

beforeAll(async () => {
  call = clientOf(world());
  admin = await signUp(call, "admin@example.org");
});
afterAll(() => closeIdentity(world()));

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
    for (const name of ["mallory", "trent", "peggy", "victor"]) {
      await signUp(call, `${name}@example.org`);
    }
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

  test.each(["usrAAAAAAAAAAAAAA", "usrx", "usr_", "usrAAAAAAAAAAAAAAAAAAAAAAA"])(
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
