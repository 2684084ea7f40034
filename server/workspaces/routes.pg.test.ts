import { describe, expect, test } from "vitest";
import { newId, sql } from "#kernel";
import { testWorld } from "../kernel/testing/world.ts";
import { askingIn, type Answer } from "./testing/ask.ts";
import { byKey, makeHouse, makeMember, makeUser, type House } from "./testing/people.ts";

const world = testWorld();
const ask = askingIn(world);

test("a workspace from making to trash and back", async () => {
  const user = await makeUser(world());
  const made = await ask(user, "POST /api/v1/workspaces", {
    name: "  Acme  ",
    description: "Tools",
  });
  expect(made).toMatchObject({
    status: 201,
    body: { name: "Acme", description: "Tools", role: "owner" },
  });
  const path = `/api/v1/workspaces/${String(made.body["id"])}`;
  expect(await ask(user, "GET /api/v1/workspaces")).toMatchObject({
    status: 200,
    body: { items: [{ name: "Acme" }] },
  });
  expect(await ask(user, `PATCH ${path}`, { name: "Apex" })).toMatchObject({
    status: 200,
    body: { name: "Apex", description: "Tools" },
  });
  expect(await ask(user, `GET ${path}/stats`)).toMatchObject({
    status: 200,
    body: { members: 1, bases: 0 },
  });
  expect((await ask(user, `DELETE ${path}`)).status).toBe(204);
  expect((await ask(user, `GET ${path}`)).status).toBe(404);
  expect((await ask(user, "GET /api/v1/workspaces?trash=true")).body.items).toHaveLength(1);
  expect((await ask(user, `POST ${path}/restore`)).status).toBe(200);
  expect((await ask(user, `POST ${path}/restore`)).status).toBe(409);
});

test("pages name the next one until the last", async () => {
  const user = await makeUser(world());
  for (const name of ["A", "B", "C"]) {
    await ask(user, "POST /api/v1/workspaces", { name });
  }
  const first = await ask(user, "GET /api/v1/workspaces?limit=2");
  expect(first.body.items?.map(({ name }) => name)).toEqual(["A", "B"]);
  const last = await ask(
    user,
    `GET /api/v1/workspaces?limit=2&after=${String(first.body["next"])}`,
  );
  expect(last.body.items?.map(({ name }) => name)).toEqual(["C"]);
  expect(last.body).not.toHaveProperty("next");
});

test("adopting is for administrators, of what nobody owns any more; anybody else learns nothing", async () => {
  const { owner, workspaceId } = await makeHouse(world());
  const admin = await makeUser(world(), { admin: true });
  const path = `/api/v1/workspaces/${workspaceId}/adopt`;
  for (const asked of [path, `/api/v1/workspaces/${newId("wsp")}/adopt`]) {
    expect((await ask(owner, `POST ${asked}`)).status).toBe(403);
  }
  expect((await ask(owner, "GET /api/v1/workspaces?ownerless=true")).status).toBe(403);
  expect((await ask(owner, "GET /api/v1/workspaces?ownerless=yes")).status).toBe(422);
  expect((await ask(admin, `POST ${path}`)).status).toBe(409);
  await world().db.run(
    sql`update identity.users set deleted_at = now() where id = ${owner.actor.userId}`,
  );
  const listed = (await ask(admin, "GET /api/v1/workspaces?ownerless=true&limit=1")).body;
  expect(listed.items).toMatchObject([{ id: workspaceId, role: null }]);
  expect(await ask(admin, `POST ${path}`)).toMatchObject({
    status: 200,
    body: { id: workspaceId, role: "owner" },
  });
  expect((await ask(admin, `POST ${path}`)).status).toBe(409);
});

test("somebody who was invited makes an account and is in, once", async () => {
  const { owner, baseId } = await makeHouse(world());
  const nobody = world().scopeFor({ kind: "anonymous" });
  const root = `/api/v1/bases/${baseId}/invitations`;
  const email = `${newId("usr")}@example.test`;
  const chosen = { name: "Ann", password: "a password of mine" };
  const register = (token: unknown): Promise<Answer> =>
    ask(nobody, "POST /api/v1/invitations/register", { ...chosen, token });
  const { body } = await ask(owner, `POST ${root}`, { role: "editor", email });
  expect(await register(body["token"])).toMatchObject({
    status: 201,
    body: {
      user: { email, name: "Ann", admin: false, verified: false },
      member: { workspaceId: null, baseId, role: "editor" },
    },
  });
  expect((await register(body["token"])).status).toBe(410);
  expect((await register("inv_made_up")).status).toBe(404);
  const again = await ask(owner, `POST ${root}`, { role: "editor", email });
  expect((await register(again.body["token"])).status).toBe(409);
  const link = await ask(owner, `POST ${root}`, { role: "editor" });
  expect((await register(link.body["token"])).status).toBe(403);
});

test("a base is shown, changed, moved, trashed and restored", async () => {
  const { owner, baseId, workspaceId } = await makeHouse(world());
  const path = `/api/v1/bases/${baseId}`;
  expect(await ask(owner, `GET ${path}`)).toMatchObject({
    status: 200,
    body: { name: "Rooms", permissionLevel: "create" },
  });
  expect((await ask(owner, "GET /api/v1/bases")).body.items).toHaveLength(1);
  const changed = await ask(owner, `PATCH ${path}`, { name: "Halls", color: "blue", icon: "🏠" });
  expect(changed.body).toMatchObject({ name: "Halls", color: "blue", icon: "🏠" });
  expect((await ask(owner, `PATCH ${path}`, { color: null })).body).toMatchObject({
    name: "Halls",
    color: null,
    icon: "🏠",
  });
  const other = await makeHouse(world());
  expect((await ask(owner, `POST ${path}/move`, { workspaceId: other.workspaceId })).status).toBe(
    404,
  );
  const second = await ask(owner, "POST /api/v1/workspaces", { name: "Annexe" });
  const moved = await ask(owner, `POST ${path}/move`, { workspaceId: second.body["id"] });
  expect(moved).toMatchObject({ status: 200, body: { workspaceId: second.body["id"] } });
  expect((await ask(owner, `GET /api/v1/workspaces/${workspaceId}/stats`)).body).toMatchObject({
    bases: 0,
  });
  expect((await ask(owner, `DELETE ${path}`)).status).toBe(204);
  expect((await ask(owner, `GET ${path}`)).status).toBe(404);
  expect((await ask(owner, "GET /api/v1/bases?trash=true")).body.items).toHaveLength(1);
  expect((await ask(owner, `POST ${path}/restore`)).status).toBe(200);
});

test.each(["workspaces", "bases"] as const)(
  "members, invitations and grants on %s",
  async (places) => {
    const house = await makeHouse(world());
    const { owner } = house;
    const root = `/api/v1/${places}/${places === "bases" ? house.baseId : house.workspaceId}`;
    const guest = await makeUser(world());
    const { userId } = guest.actor;
    const added = await ask(owner, `POST ${root}/members`, { userId, role: "editor" });
    expect(added).toMatchObject({
      status: 201,
      body: { userId, role: "editor", name: "Somebody", email: guest.actor.email },
    });
    expect(
      (await ask(owner, `PATCH ${root}/members/${userId}`, { role: "commenter" })).body,
    ).toMatchObject({ role: "commenter" });
    expect((await ask(guest, `GET ${root}/members`)).status).toBe(200);

    const link = await ask(owner, `POST ${root}/invitations`, { role: "editor" });
    expect(link).toMatchObject({ status: 201, body: { status: "open", mailed: false } });
    const token = link.body["token"];
    const look = await ask(
      world().scopeFor({ kind: "anonymous" }),
      "POST /api/v1/invitations/look",
      { token },
    );
    expect(look).toMatchObject({
      status: 200,
      body: { workspaceName: "House", invitedBy: "Somebody", role: "editor" },
    });
    expect(
      (await ask(await makeUser(world()), "POST /api/v1/invitations/accept", { token })).status,
    ).toBe(200);
    const listed = await ask(owner, `GET ${root}/invitations`);
    expect(listed.body.items).toMatchObject([{ id: link.body["id"], uses: 1 }]);
    expect(JSON.stringify(listed.body)).not.toContain(String(token));
    const invitation = `/api/v1/invitations/${String(link.body["id"])}`;
    expect((await ask(owner, `POST ${invitation}/resend`)).status).toBe(200);
    expect((await ask(owner, `DELETE ${invitation}`)).status).toBe(204);
    expect((await ask(owner, `DELETE ${invitation}`)).status).toBe(409);

    const grant = await ask(owner, `POST ${root}/grants`, {
      userId,
      effect: "deny",
      actions: ["comments.write"],
      reason: "for now",
      expiresAt: "2999-01-01T00:00:00+02:00",
    });
    expect(grant).toMatchObject({
      status: 201,
      body: { effect: "deny", expiresAt: "2998-12-31T22:00:00.000Z" },
    });
    expect((await ask(owner, `GET ${root}/grants`)).body.items).toHaveLength(1);
    expect((await ask(owner, `DELETE /api/v1/grants/${String(grant.body["id"])}`)).status).toBe(
      204,
    );
    expect((await ask(owner, `DELETE ${root}/members/${userId}`)).status).toBe(204);
  },
);

test("questions are answered with reasons, many under their keys", async () => {
  const { baseId, workspaceId } = await makeHouse(world());
  const editor = await makeMember(world(), { workspaceId }, "editor");
  expect(
    await ask(editor, "POST /api/v1/permissions/check", { action: "schema.write", baseId }),
  ).toEqual({
    status: 200,
    body: {
      allowed: false,
      reason: "The role editor on the workspace does not allow schema.write; it takes creator.",
    },
  });
  const many = await ask(editor, "POST /api/v1/permissions/batch-check", {
    checks: [
      { key: "write", action: "records.write", baseId },
      { key: "__proto__", action: "records.read", baseId },
      { key: "foreign", action: "records.read", baseId: newId("app") },
    ],
  });
  const results = new Map(
    Object.entries(many.body["results"] as Record<string, { readonly allowed: boolean }>),
  );
  expect(results.get("write")?.allowed).toBe(true);
  expect(results.get("foreign")?.allowed).toBe(false);
});

describe("who has no right gets the answer for a made-up id", () => {
  const lines = (house: House): readonly [string, unknown?][] => [
    [`GET /api/v1/workspaces/${house.workspaceId}`],
    [`PATCH /api/v1/workspaces/${house.workspaceId}`, { name: "X" }],
    [`DELETE /api/v1/workspaces/${house.workspaceId}`],
    [`POST /api/v1/workspaces/${house.workspaceId}/restore`],
    [`GET /api/v1/workspaces/${house.workspaceId}/stats`],
    [`POST /api/v1/workspaces/${house.workspaceId}/transfer`, { userId: house.owner.actor.userId }],
    [`GET /api/v1/bases/${house.baseId}`],
    [`PATCH /api/v1/bases/${house.baseId}`, { name: "X" }],
    [`DELETE /api/v1/bases/${house.baseId}`],
    [`POST /api/v1/bases/${house.baseId}/restore`],
    [`POST /api/v1/bases/${house.baseId}/move`, { workspaceId: house.workspaceId }],
    ...[`workspaces/${house.workspaceId}`, `bases/${house.baseId}`].flatMap(
      (root): [string, unknown?][] => [
        [`GET /api/v1/${root}/members`],
        [`POST /api/v1/${root}/members`, { userId: house.owner.actor.userId, role: "editor" }],
        [`PATCH /api/v1/${root}/members/${house.owner.actor.userId}`, { role: "editor" }],
        [`DELETE /api/v1/${root}/members/${house.owner.actor.userId}`],
        [`GET /api/v1/${root}/invitations`],
        [`POST /api/v1/${root}/invitations`, { role: "editor" }],
        [`GET /api/v1/${root}/grants`],
        [
          `POST /api/v1/${root}/grants`,
          { userId: house.owner.actor.userId, effect: "deny", reason: "no" },
        ],
      ],
    ),
  ];

  test("every route", async () => {
    const house = await makeHouse(world());
    const stranger = await makeUser(world());
    const made = { ...house, workspaceId: newId("wsp"), baseId: newId("app") };
    const broken = { ...house, workspaceId: "wsp", baseId: "%00" };
    const anonymous = world().scopeFor({ kind: "anonymous" });
    const tokenless = byKey(house.owner, { scopes: [] });
    for (const [index, [line, body]] of lines(house).entries()) {
      const foreign = await ask(stranger, line, body);
      expect(foreign.status, line).toBe(404);
      const [madeUp = "", madeUpBody] = lines(made)[index] ?? [];
      expect(await ask(stranger, madeUp, madeUpBody), line).toEqual(foreign);
      const [malformed = "", malformedBody] = lines(broken)[index] ?? [];
      expect([404, 422], line).toContain((await ask(stranger, malformed, malformedBody)).status);
      expect((await ask(anonymous, line, body)).status, line).toBe(401);
      const refused = await ask(tokenless, line, body);
      expect(refused.status, line).toBe(403);
    }
  });
});

describe("bad input", () => {
  const bad: readonly [string, unknown][] = [
    ["POST /api/v1/workspaces", {}],
    ["POST /api/v1/workspaces", { name: "   " }],
    ["POST /api/v1/workspaces", { name: "x".repeat(256) }],
    ["POST /api/v1/workspaces", { name: 7 }],
    ["POST /api/v1/workspaces", { name: "a\0b" }],
    ["POST /api/v1/workspaces", '{"name":"\\ud800"}'],
    ["POST /api/v1/workspaces", { name: "A", ownerId: "usr" }],
    ["POST /api/v1/workspaces", []],
    ["PATCH WORKSPACE", {}],
    ["PATCH WORKSPACE", { description: "x".repeat(20_001) }],
    ["POST WORKSPACE/transfer", { userId: "me" }],
    ["POST WORKSPACE/members", { userId: "usr", role: "editor" }],
    ["POST WORKSPACE/members", { userId: "usrAAAAAAAAAAAAAA", role: "admin" }],
    ["POST WORKSPACE/members", { userId: "usrAAAAAAAAAAAAAA", role: "editor" }],
    ["PATCH WORKSPACE/members/usrAAAAAAAAAAAAAA", { role: "none" }],
    ["POST WORKSPACE/invitations", { role: "editor", email: "nobody" }],
    ["POST WORKSPACE/invitations", { role: "editor", message: "x".repeat(1_001) }],
    ["POST BASE/grants", { userId: "usrAAAAAAAAAAAAAA", effect: "allow", reason: "no role" }],
    [
      "POST BASE/grants",
      {
        userId: "usrAAAAAAAAAAAAAA",
        effect: "allow",
        role: "editor",
        actions: ["records.read"],
        reason: "both",
      },
    ],
    [
      "POST BASE/grants",
      { userId: "usrAAAAAAAAAAAAAA", effect: "deny", role: "editor", reason: "a role" },
    ],
    [
      "POST BASE/grants",
      { userId: "usrAAAAAAAAAAAAAA", effect: "deny", actions: ["fly"], reason: "unknown" },
    ],
    ["POST BASE/grants", { userId: "usrAAAAAAAAAAAAAA", effect: "deny", reason: "" }],
    [
      "POST BASE/grants",
      { userId: "usrAAAAAAAAAAAAAA", effect: "deny", reason: "when", expiresAt: "tomorrow" },
    ],
    ["PATCH BASE", { color: "red; drop" }],
    ["POST BASE/move", { workspaceId: "app" }],
    ["POST /api/v1/invitations/look", { token: "" }],
    ["POST /api/v1/invitations/accept", { token: 5 }],
    ["POST /api/v1/invitations/register", { token: "t" }],
    ["POST /api/v1/invitations/register", { token: "t", password: "short" }],
    ["POST /api/v1/invitations/register", { token: "t", password: "x".repeat(129) }],
    ["POST /api/v1/invitations/register", { token: "", password: "a good password" }],
    ["POST /api/v1/invitations/register", { token: "t", password: "a good password", name: " " }],
    [
      "POST /api/v1/invitations/register",
      { token: "t", password: "a good password", email: "other@example.test" },
    ],
    ["POST /api/v1/permissions/check", { action: "records.read" }],
    [
      "POST /api/v1/permissions/check",
      { action: "records.read", baseId: "appAAAAAAAAAAAAAA", workspaceId: "wspAAAAAAAAAAAAAA" },
    ],
    ["POST /api/v1/permissions/check", { action: "fly", baseId: "appAAAAAAAAAAAAAA" }],
    ["POST /api/v1/permissions/batch-check", { checks: [] }],
    [
      "POST /api/v1/permissions/batch-check",
      {
        checks: [1, 2].map(() => ({
          key: "same",
          action: "records.read",
          baseId: "appAAAAAAAAAAAAAA",
        })),
      },
    ],
    ["GET /api/v1/workspaces?limit=0", undefined],
    ["GET /api/v1/workspaces?limit=1001", undefined],
    ["GET /api/v1/workspaces?limit=x", undefined],
    ["GET /api/v1/workspaces?after=x", undefined],
    ["GET /api/v1/workspaces?colour=red", undefined],
    ["GET /api/v1/bases?after=%00", undefined],
    ["GET WORKSPACE/members?after=usr'--", undefined],
    ["GET BASE/invitations?limit=-1", undefined],
    ["GET BASE/grants?after=inv", undefined],
  ];

  test.each(bad)("%s %j", async (line, body) => {
    const { owner, workspaceId, baseId } = await makeHouse(world());
    const path = line
      .replace("WORKSPACE", `/api/v1/workspaces/${workspaceId}`)
      .replace("BASE", `/api/v1/bases/${baseId}`);
    const { status, body: problem } = await ask(owner, path, body);
    expect(status).toBe(422);
    expect(Object.keys(problem["fields"] as object)).not.toHaveLength(0);
  });

  test.each(["{", "", "[1"])("a body that is not JSON: %j", async (body) => {
    const user = await makeUser(world());
    expect((await ask(user, "POST /api/v1/workspaces", body)).status).toBe(400);
  });
});
