import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openTestWorld, testWorld } from "../../kernel/testing/world.ts";
import { issueOneTimeToken } from "../one-time-tokens.ts";
import { closeIdentity, identityOf } from "../state.ts";
import { clientOf, meStatus, PASSWORD, signUp, type Call, type Reply } from "../testing/client.ts";

const world = testWorld();
const NEW = "an entirely new one";
let call: Call;
let addresses = 0;
let address = "";

beforeAll(async () => {
  call = clientOf(world());
  await signUp(call, "admin@example.org");
});
beforeEach(() => {
  addresses += 1;
  address = `198.51.100.${addresses}`;
});
afterEach(() => world().setClock(null));
afterAll(() => closeIdentity(world()));

const login = (email: string, password: string): Promise<Reply> =>
  call("POST", "/api/v1/login", { body: { email, password }, address });
const forgot = (email: string): Promise<Reply> =>
  call("POST", "/api/v1/forgot-password", { body: { email }, address });
const reset = (token: string, newPassword = NEW): Promise<Reply> =>
  call("POST", "/api/v1/reset-password", { body: { token, newPassword }, address });

/** The mails to somebody, once nothing is under way. */
async function mailsTo(
  email: string,
): Promise<readonly { readonly subject: string; readonly text: string }[]> {
  await identityOf(world()).background.settled();
  return world().outbox.filter(({ to }) => to === email);
}

async function resetTokenOf(email: string): Promise<string> {
  await forgot(email);
  const mails = await mailsTo(email);
  return (
    /rst_[A-Za-z0-9_-]+/.exec(
      mails.findLast(({ subject }) => subject.includes("Choose"))?.text ?? "",
    )?.[0] ?? "none"
  );
}

describe("changing the password", () => {
  test("ends every session, keeps the keys, and answers a fresh session", async () => {
    const user = await signUp(call);
    const other = await login(user.email, PASSWORD);
    const { body: key } = await call("POST", "/api/v1/api-keys", {
      token: user.token,
      body: { name: "k" },
    });
    const changed = await call("POST", "/api/v1/change-password", {
      token: user.token,
      body: {
        currentPassword: PASSWORD,
        newPassword: NEW,
        userId: "usrAAAAAAAAAAAAAA",
        admin: true,
      },
    });
    expect(changed.status).toBe(200);
    expect([await meStatus(call, user.token), await meStatus(call, other.body.token)]).toEqual([
      401, 401,
    ]);
    for (const refreshToken of [user.refreshToken, other.body.refreshToken]) {
      expect((await call("POST", "/api/v1/refresh", { body: { refreshToken } })).status).toBe(401);
    }
    expect([await meStatus(call, changed.body.token), await meStatus(call, key.key)]).toEqual([
      200, 200,
    ]);
    expect([
      (await login(user.email, PASSWORD)).status,
      (await login(user.email, NEW)).status,
    ]).toEqual([401, 200]);
    expect((await mailsTo(user.email)).map(({ subject }) => subject)).toContain(
      "Your password was changed",
    );
  });

  test("revokes the keys where it is asked to", async () => {
    const user = await signUp(call);
    const { body: key } = await call("POST", "/api/v1/api-keys", {
      token: user.token,
      body: { name: "k" },
    });
    const body = { currentPassword: PASSWORD, newPassword: NEW, revokeApiKeys: true };
    expect(
      (await call("POST", "/api/v1/change-password", { token: user.token, body })).status,
    ).toBe(200);
    expect(await meStatus(call, key.key)).toBe(401);
  });

  test("needs the current one, and wrong ones count like failed sign-ins", async () => {
    const user = await signUp(call);
    world().setClock(new Date());
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 6; attempt += 1) {
      const body = { currentPassword: "wrong password", newPassword: NEW };
      statuses.push(
        (await call("POST", "/api/v1/change-password", { token: user.token, body, address }))
          .status,
      );
    }
    expect(statuses).toEqual([403, 403, 403, 403, 403, 429]);
    expect((await login(user.email, PASSWORD)).status).toBe(429);
    expect(await meStatus(call, user.token)).toBe(200);
  });

  test.each([
    ["seven characters", { currentPassword: PASSWORD, newPassword: "1234567" }],
    ["129 characters", { currentPassword: PASSWORD, newPassword: "a".repeat(129) }],
    ["the same again", { currentPassword: PASSWORD, newPassword: PASSWORD }],
    ["a lone surrogate", { currentPassword: PASSWORD, newPassword: "\ud800 password" }],
    ["a number", { currentPassword: PASSWORD, newPassword: 12_345_678 }],
    ["none", { currentPassword: PASSWORD }],
    ["not the current one", { newPassword: NEW }],
    [
      "revokeApiKeys in words",
      { currentPassword: PASSWORD, newPassword: NEW, revokeApiKeys: "yes" },
    ],
  ])("%s is refused with 422", async (_, body) => {
    const user = await signUp(call);
    expect(
      (await call("POST", "/api/v1/change-password", { token: user.token, body })).status,
    ).toBe(422);
    expect(await meStatus(call, user.token)).toBe(200);
  });

  test.each([
    "🐘".repeat(8),
    "a".repeat(128),
    "🐘".repeat(128),
    "  leading and trailing  ",
    "nul\0 in the middle",
    "ﬁne ligature",
  ])("“%s” is a password", async (newPassword) => {
    const user = await signUp(call);
    expect(
      (
        await call("POST", "/api/v1/change-password", {
          token: user.token,
          body: { currentPassword: PASSWORD, newPassword },
        })
      ).status,
    ).toBe(200);
    expect((await login(user.email, newPassword)).status).toBe(200);
    expect((await login(user.email, newPassword.normalize("NFKD"))).status).toBe(200);
  });
});

describe("a forgotten password", () => {
  test("is asked about with the same answer for known and unknown addresses", async () => {
    const user = await signUp(call);
    const known = await forgot(user.email);
    const unknown = await forgot("nobody@example.org");
    expect(known.status).toBe(200);
    expect({ ...unknown, headers: [...unknown.headers] }).toEqual({
      ...known,
      headers: [...known.headers],
    });
    expect(await mailsTo("nobody@example.org")).toEqual([]);
    expect(
      (await mailsTo(user.email)).filter(({ subject }) => subject === "Choose a new password"),
    ).toHaveLength(1);
  });

  test("is replaced with the token: sessions, refresh tokens and keys end, locks are lifted, the address counts as confirmed", async () => {
    const user = await signUp(call);
    const { body: key } = await call("POST", "/api/v1/api-keys", {
      token: user.token,
      body: { name: "k" },
    });
    for (let attempt = 0; attempt < 6; attempt += 1) {
      await login(user.email, "wrong password");
    }
    expect((await reset(await resetTokenOf(user.email))).status).toBe(200);
    expect([await meStatus(call, user.token), await meStatus(call, key.key)]).toEqual([401, 401]);
    expect(
      (await call("POST", "/api/v1/refresh", { body: { refreshToken: user.refreshToken } })).status,
    ).toBe(401);
    expect((await login(user.email, PASSWORD)).status).toBe(401);
    const signed = await login(user.email, NEW);
    expect(signed.status).toBe(200);
    expect(signed.body.user).toMatchObject({ verified: true });
  });

  test("a token is invalid, used or expired, and says which", async () => {
    const user = await signUp(call);
    const start = Date.now();
    world().setClock(new Date(start));
    const [first, second] = [await resetTokenOf(user.email), await resetTokenOf(user.email)];
    expect((await reset(`${first}x`)).body).toMatchObject({
      status: 401,
      code: "identity.token-invalid",
      detail: "This token is not valid.",
    });
    expect((await reset(first)).status).toBe(200);
    expect((await reset(first)).body).toMatchObject({ status: 401, code: "identity.token-used" });
    expect((await reset(second)).body).toMatchObject({ status: 401, code: "identity.token-used" });
    const third = await resetTokenOf(user.email);
    world().setClock(new Date(start + 3_600_000));
    expect((await reset(third)).body).toMatchObject({
      status: 401,
      code: "identity.token-expired",
    });
  });

  test("one token, twice at once: one wins", async () => {
    const user = await signUp(call);
    const token = await resetTokenOf(user.email);
    const replies = await Promise.all([
      reset(token, "password number one"),
      reset(token, "password number two"),
    ]);
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401]);
  });

  test("asks one address for no more than five mails an hour, silently, and refuses one caller after thirty", async () => {
    const user = await signUp(call);
    world().setClock(new Date());
    for (let at = 0; at < 8; at += 1) {
      expect((await forgot(user.email)).status).toBe(200);
    }
    expect(
      (await mailsTo(user.email)).filter(({ subject }) => subject === "Choose a new password")
        .length,
    ).toBeLessThanOrEqual(5);
    for (let at = 8; at < 30; at += 1) {
      expect((await forgot(`nobody${at}@example.org`)).status).toBe(200);
    }
    expect((await forgot("somebody@example.org")).status).toBe(429);
  });

  test("is no way in for somebody disabled", async () => {
    const user = await signUp(call);
    const admin = (await login("admin@example.org", PASSWORD)).body.token;
    const token = await issueOneTimeToken(world().system, "reset-password", user.id);
    await call("PATCH", `/api/v1/users/${user.id}`, { token: admin, body: { disabled: true } });
    await forgot(user.email);
    expect(
      (await mailsTo(user.email)).filter(({ subject }) => subject === "Choose a new password"),
    ).toEqual([]);
    await reset(token);
    expect((await login(user.email, NEW)).status).toBe(401);
  });

  test("a mail server that fails is our trouble, not the caller's", async () => {
    const broken = await openTestWorld({ url: world().url });
    Object.assign(broken.mail, { send: () => Promise.reject(new Error("no mail today")) });
    const user = await signUp(call);
    const reply = await clientOf(broken)("POST", "/api/v1/forgot-password", {
      body: { email: user.email },
      address,
    });
    expect(reply.status).toBe(200);
    await closeIdentity(broken);
    await broken.close();
  });
});

describe("confirming the address", () => {
  const tokenIn = async (email: string): Promise<string> =>
    /vfy_[A-Za-z0-9_-]+/.exec((await mailsTo(email)).at(-1)?.text ?? "")?.[0] ?? "none";
  const verify = (token: string): Promise<Reply> =>
    call("POST", "/api/v1/verify-email", { body: { token }, address });

  test("works once with the token of the mail that registration sends", async () => {
    const user = await signUp(call);
    const token = await tokenIn(user.email);
    expect((await verify(token)).status).toBe(200);
    expect((await call("GET", "/api/v1/me", { token: user.token })).body["verified"]).toBe(true);
    expect((await verify(token)).body).toMatchObject({ status: 401, code: "identity.token-used" });
    const again = await call("POST", "/api/v1/verify-email/request", {
      token: user.token,
      address,
    });
    expect([again.status, again.body.code]).toEqual([409, "identity.already-verified"]);
  });

  test("can be asked for again, and ends after a day", async () => {
    const user = await signUp(call);
    await mailsTo(user.email);
    expect(
      (await call("POST", "/api/v1/verify-email/request", { token: user.token, address })).status,
    ).toBe(200);
    expect((await mailsTo(user.email)).length).toBe(2);
    const token = await tokenIn(user.email);
    world().setClock(new Date(Date.now() + 24 * 3_600_000));
    expect((await verify(token)).body).toMatchObject({
      status: 401,
      code: "identity.token-expired",
    });
  });
});
