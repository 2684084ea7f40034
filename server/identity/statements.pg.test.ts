import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Db } from "../kernel/db/db.ts";
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

/** The database as it is, with the first words of what is asked written down. */
function notingDb<D extends Db>(db: D, begun: string[]): D {
  return new Proxy(db, {
    get: (target, name): unknown => {
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function"
        ? (...given: readonly unknown[]) => {
            const [statement] = given;
            if (typeof statement === "object" && statement !== null && "text" in statement) {
              begun.push(String(statement.text).trim().split(" ", 3).join(" "));
            }
            return Reflect.apply(member, target, given);
          }
        : member;
    },
  });
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
  const begun: string[] = [];
  const openReal = world().db.transaction.bind(world().db);
  const open = vi.spyOn(world().db, "transaction");
  open.mockImplementation(async (work) =>
    openReal((tx, opened) => work(notingDb(tx, begun), opened)),
  );
  await createUsers(world().system, rows);
  open.mockRestore();
  await identityOf(world()).background.settled();
  expect(begun).toEqual(["insert into identity.users", "insert into acts.entries"]);
});

test("profiles of fifty are one statement, then none", async () => {
  const { body } = await call("GET", "/api/v1/users?pageSize=50", { token: admin.token });
  const ids = body.users.map(({ id }) => id);
  expect(await statementsOf(() => userProfiles(world().system, ids))).toBe(1);
  expect(await statementsOf(() => userProfiles(world().system, ids))).toBe(0);
});
