import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { testWorld } from "../kernel/testing/world.ts";
import { createApiKey } from "./keys/api-keys.ts";
import { closeIdentity, identityOf } from "./state.ts";
import { clientOf, PASSWORD, signUp, type Call, type SignedUp } from "./testing/client.ts";
import { createUsers } from "./users/create-users.ts";
import { userProfiles } from "./users/user-profiles.ts";

const world = testWorld();
let call: Call;
let admin: SignedUp;

beforeAll(async () => {
  call = clientOf(world());
  admin = await signUp(call, "admin@example.org");
  for (let at = 0; at < 20; at += 1) {
    await createApiKey(world().system, admin.id, { name: `key ${at}` });
    await call("POST", "/api/v1/login", { body: { email: admin.email, password: PASSWORD } });
  }
  await createUsers(
    world().system,
    Array.from({ length: 50 }, (_, at) => ({ email: `u${at}@example.org` })),
  );
  await identityOf(world()).background.settled();
});
afterAll(() => closeIdentity(world()));

/** Statements of this module that the work sends outside transactions; the signals look at the database on their own. */
async function statementsOf(work: () => Promise<unknown>): Promise<number> {
  await identityOf(world()).background.settled();
  const { db } = world();
  // `one` and `maybe` ask through `all`.
  const [all, run] = [vi.spyOn(db, "all"), vi.spyOn(db, "run")];
  await work();
  const statements = [...all.mock.calls, ...run.mock.calls].map(([statement]) => statement);
  all.mockRestore();
  run.mockRestore();
  return statements.filter(({ text }) => text.includes("identity.")).length;
}

test.each([
  ["/api/v1/me", 1],
  ["/api/v1/api-keys", 1],
  ["/api/v1/sessions", 1],
  ["/api/v1/users?pageSize=50", 1],
])("%s takes %i statement, however many rows, once the caller is known", async (path, count) => {
  await call("GET", "/api/v1/me", { token: admin.token });
  expect(await statementsOf(() => call("GET", path, { token: admin.token }))).toBe(count);
});

test("a caller who was not seen before costs one statement more", async () => {
  const { token } = await signUp(call);
  expect(await statementsOf(() => call("GET", "/api/v1/me", { token }))).toBe(2);
  expect(await statementsOf(() => call("GET", "/api/v1/me", { token }))).toBe(1);
});

test("a hundred users in bulk are one insert", async () => {
  const rows = Array.from({ length: 100 }, (_, at) => ({
    email: `bulk${at}@example.org`,
    password: undefined,
  }));
  const count = await statementsOf(() => createUsers(world().system, rows));
  await identityOf(world()).background.settled();
  expect(count).toBe(1);
});

test("profiles of fifty are one statement, then none", async () => {
  const { body } = await call("GET", "/api/v1/users?pageSize=50", { token: admin.token });
  const ids = body.users.map(({ id }) => id);
  expect(await statementsOf(() => userProfiles(world().system, ids))).toBe(1);
  expect(await statementsOf(() => userProfiles(world().system, ids))).toBe(0);
});
