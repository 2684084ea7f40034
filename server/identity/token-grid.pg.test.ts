import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testWorld } from "../kernel/testing/world.ts";
import { TOTP } from "otpauth";
import { issueOneTimeToken } from "./one-time-tokens.ts";
import { closeIdentity } from "./state.ts";
import { clientOf, PASSWORD, signUp, type Call, type SignedUp } from "./testing/client.ts";

const world = testWorld();
const kinds = [
  "user id",
  "session token",
  "refresh token",
  "reset token",
  "verify token",
  "half sign-in",
  "API key",
] as const;
type Kind = (typeof kinds)[number];
let call: Call;

beforeAll(() => {
  call = clientOf(world());
});
afterAll(() => closeIdentity(world()));

/** Makes a fresh token of each kind, of a fresh user. */
const makers: Readonly<Record<Kind, (user: SignedUp) => string | Promise<string>>> = {
  "user id": ({ id }) => id,
  "session token": ({ token }) => token,
  "refresh token": ({ refreshToken }) => refreshToken,
  "reset token": ({ id }) => issueOneTimeToken(world().system, "reset-password", id),
  "verify token": ({ id }) => issueOneTimeToken(world().system, "verify-email", id),
  "half sign-in": (user) => halfSignIn(user),
  "API key": async ({ token }) => {
    const { body } = await call("POST", "/api/v1/api-keys", { token, body: { name: "key" } });
    return body.key;
  },
};

const secrets = new Map<string, string>();

async function halfSignIn({
  token,
  email,
}: {
  readonly token: string;
  readonly email: string;
}): Promise<string> {
  const { body } = await call("POST", "/api/v1/two-factor/setup", {
    token,
    body: { password: PASSWORD },
  });
  const code = new TOTP({ secret: body.secret }).generate({
    timestamp: world().now().getTime() - 30_000,
  });
  await call("POST", "/api/v1/two-factor/confirm", { token, body: { code } });
  const half = await call("POST", "/api/v1/login", { body: { email, password: PASSWORD } });
  secrets.set(half.body.secondFactorToken, body.secret);
  return half.body.secondFactorToken;
}

/** The places where a token can be shown, and the kinds that count there. */
const places: readonly {
  readonly name: string;
  readonly takes: readonly Kind[];
  readonly show: (token: string) => Promise<number>;
}[] = [
  {
    name: "Bearer",
    takes: ["session token", "API key"],
    show: async (token) => (await call("GET", "/api/v1/me", { token })).status,
  },
  {
    name: "refresh",
    takes: ["refresh token"],
    show: async (refreshToken) =>
      (await call("POST", "/api/v1/refresh", { body: { refreshToken } })).status,
  },
  {
    name: "reset",
    takes: ["reset token"],
    show: async (token) =>
      (
        await call("POST", "/api/v1/reset-password", {
          body: { token, newPassword: "another password" },
        })
      ).status,
  },
  {
    name: "verify",
    takes: ["verify token"],
    show: async (token) => (await call("POST", "/api/v1/verify-email", { body: { token } })).status,
  },
  {
    name: "second step",
    takes: ["half sign-in"],
    show: async (secondFactorToken) => {
      const secret = secrets.get(secondFactorToken);
      const code =
        secret === undefined
          ? "123456"
          : new TOTP({ secret }).generate({ timestamp: world().now().getTime() });
      return (
        await call("POST", "/api/v1/login/second-factor", { body: { secondFactorToken, code } })
      ).status;
    },
  },
  {
    name: "key, as session only",
    takes: ["session token"],
    show: async (token) => (await call("GET", "/api/v1/api-keys", { token })).status,
  },
];

describe.each(places)("shown as $name", ({ takes, show }) => {
  test.each(kinds)("a %s", async (kind) => {
    const status = await show(await makers[kind](await signUp(call)));
    if (takes.includes(kind)) {
      expect(status).toBe(200);
    } else {
      // A key is known, and is told that it does not suffice; everything else is nobody.
      expect(status).toBe(kind === "API key" && takes.includes("session token") ? 403 : 401);
    }
  });
});

test.each([["Basic"], ["Token"], ["bearer:"], [""]])(
  "the scheme “%s” is refused",
  async (scheme) => {
    const { token } = await signUp(call);
    const { status, body } = await call("GET", "/api/v1/me", {
      headers: { authorization: `${scheme} ${token}`.trim() },
    });
    expect([status, body.code]).toEqual([401, "identity.invalid-token"]);
  },
);

test("the scheme is matched without regard to case", async () => {
  const { token } = await signUp(call);
  expect(
    (await call("GET", "/api/v1/me", { headers: { authorization: `bEARER ${token}` } })).status,
  ).toBe(200);
});
