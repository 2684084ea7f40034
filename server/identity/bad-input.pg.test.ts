import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { identityOperations, type Operation } from "@basalt/contract";
import { testWorld } from "../kernel/testing/world.ts";
import { closeIdentity } from "./state.ts";
import { clientOf, signUp, type Call } from "./testing/client.ts";

const world = testWorld();
let call: Call;
let calls = 0;

beforeAll(async () => {
  call = clientOf(world());
  await signUp(call, "admin@example.org");
});
afterAll(() => closeIdentity(world()));

const values = [
  "",
  "x",
  "\0",
  "\ud800",
  "🐘".repeat(10_000),
  "' or 1=1 --",
  0,
  -1,
  1e308,
  true,
  null,
  [],
  {},
  ["x"],
  { raw: "1" },
  [[[[]]]],
];
const names = [
  "email",
  "password",
  "name",
  "refreshToken",
  "token",
  "secondFactorToken",
  "code",
  "newPassword",
  "currentPassword",
  "scopes",
  "bases",
  "workspaces",
  "expiresAt",
  "users",
  "disabled",
  "admin",
  "revokeApiKeys",
];

/** Bodies in which every member is the same wrong thing, and some that are no object at all. */
const hostile: readonly string[] = [
  "",
  "{",
  "null",
  "[]",
  "{}",
  '"text"',
  "12",
  "[".repeat(1_000) + "]".repeat(1_000),
  '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}',
  ...values.map((value) => JSON.stringify(Object.fromEntries(names.map((name) => [name, value])))),
];

describe.each(identityOperations.map((operation) => [operation.id, operation] as const))(
  "%s",
  (_, operation) => {
    test("answers hostile bodies with what its contract says, signed in or not", async () => {
      const { token } = await signUp(call);
      for (const text of operation.body === undefined ? [undefined] : hostile) {
        for (const sent of [undefined, token]) {
          const { status } = await send(operation, text, sent);
          expect(
            Object.keys(operation.answers).map(Number),
            `${String(text).slice(0, 80)} gave ${status}`,
          ).toContain(status);
          expect(status < 300 && text !== undefined && operation.id !== "identity.updateMe").toBe(
            false,
          );
        }
      }
      expect(({} as { admin?: unknown }).admin).toBeUndefined();
    });

    test("is nothing for nobody, unless it is open to everybody", async () => {
      if (operation.auth === "bearer") {
        expect(
          (await send(operation, operation.body === undefined ? undefined : "{}", undefined))
            .status,
        ).toBe(401);
      }
    });
  },
);

async function send(
  { method, path }: Operation,
  text: string | undefined,
  token: string | undefined,
): Promise<{ readonly status: number }> {
  calls += 1;
  const address = `2001:db8:${calls.toString(16)}::1`;
  return call(method.toUpperCase(), path.replace("{id}", "usrAAAAAAAAAAAAAA"), {
    token,
    address,
    ...(text === undefined ? {} : { text }),
  });
}
