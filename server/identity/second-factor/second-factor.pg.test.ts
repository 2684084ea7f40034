import { TOTP } from "otpauth";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import { closeIdentity } from "../state.ts";
import { clientOf, meStatus, PASSWORD, signUp, type Call, type Reply } from "../testing/client.ts";
import { factorRows } from "../testing/rows.sql.ts";

const world = testWorld();
const STEP_MS = 30_000;
let call: Call;
let now = Date.parse("2026-10-01T00:00:00Z");

beforeAll(async () => {
  call = clientOf(world());
  await signUp(call, "admin@example.org");
});
beforeEach(() => {
  // Each test begins where no lock of the one before counts.
  tick(3_600_000);
});
afterAll(() => closeIdentity(world()));

function tick(ms: number): void {
  now += ms;
  world().setClock(new Date(now));
}

const codeOf = (secret: string, steps = 0): string =>
  new TOTP({ secret }).generate({ timestamp: now + steps * STEP_MS });
const begin = (email: string): Promise<Reply> =>
  call("POST", "/api/v1/login", { body: { email, password: PASSWORD } });
const finish = (secondFactorToken: string, code: string): Promise<Reply> =>
  call("POST", "/api/v1/login/second-factor", { body: { secondFactorToken, code } });

/** Somebody with a second factor, who signed in a moment ago. */
async function withFactor(): Promise<{
  readonly id: string;
  readonly email: string;
  readonly token: string;
  readonly secret: string;
  readonly backupCodes: readonly string[];
}> {
  const user = await signUp(call);
  const { body: set } = await call("POST", "/api/v1/two-factor/setup", {
    token: user.token,
    body: { password: PASSWORD },
  });
  const { status, body } = await call("POST", "/api/v1/two-factor/confirm", {
    token: user.token,
    body: { code: codeOf(set.secret) },
  });
  expect(status).toBe(200);
  tick(STEP_MS);
  return { ...user, secret: set.secret, backupCodes: body.backupCodes };
}

describe("switching it on", () => {
  test("takes the password and a first code, and answers ten backup codes", async () => {
    const user = await signUp(call);
    const setUp = (password: string): Promise<Reply> =>
      call("POST", "/api/v1/two-factor/setup", { token: user.token, body: { password } });
    expect((await setUp("wrong password")).body.code).toBe("identity.wrong-password");
    const { status, body } = await setUp(PASSWORD);
    expect(status).toBe(201);
    expect(body.secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(body.uri).toBe(
      `otpauth://totp/Basalt:${encodeURIComponent(user.email)}?issuer=Basalt&secret=${body.secret}&algorithm=SHA1&digits=6&period=30`,
    );
    expect("token" in (await begin(user.email)).body).toBe(true);
    const confirm = (code: string): Promise<Reply> =>
      call("POST", "/api/v1/two-factor/confirm", { token: user.token, body: { code } });
    expect((await confirm("000000")).body.code).toBe("identity.wrong-code");
    const confirmed = await confirm(codeOf(body.secret));
    expect(confirmed.body.backupCodes).toHaveLength(10);
    expect(confirmed.body.backupCodes.every((code) => /^[A-HJ-NP-Z2-9]{8}$/.test(code))).toBe(true);
    expect((await call("GET", "/api/v1/me", { token: user.token })).body["twoFactor"]).toBe(true);
    expect((await setUp(PASSWORD)).body.code).toBe("identity.two-factor-on");
    expect((await confirm(codeOf(body.secret, 1))).body.code).toBe("identity.two-factor-on");
  });

  test("a code before there is a secret is refused", async () => {
    const user = await signUp(call);
    const { status, body } = await call("POST", "/api/v1/two-factor/confirm", {
      token: user.token,
      body: { code: "123456" },
    });
    expect([status, body.code]).toEqual([409, "identity.two-factor-not-begun"]);
  });

  test("neither the secret nor a backup code is kept in clear", async () => {
    const user = await withFactor();
    const kept = (await world().db.text(factorRows(user.id))).flat().join(" ");
    expect(kept.length).toBeGreaterThan(0);
    for (const text of [user.secret, ...user.backupCodes]) {
      expect(kept).not.toContain(text);
    }
  });
});

describe("signing in with it", () => {
  test("the password gives a half sign-in that is nobody everywhere; the code finishes it, once", async () => {
    const user = await withFactor();
    const half = await begin(user.email);
    expect(half.body).toEqual({
      secondFactorRequired: true,
      secondFactorToken: expect.any(String),
      expiresIn: 300,
    });
    expect(await meStatus(call, half.body.secondFactorToken)).toBe(401);
    const whole = await finish(half.body.secondFactorToken, codeOf(user.secret));
    expect(whole.status).toBe(200);
    expect(await meStatus(call, whole.body.token)).toBe(200);
    expect((await finish(half.body.secondFactorToken, codeOf(user.secret, 1))).body.code).toBe(
      "identity.token-used",
    );
  });

  test.each([
    [-2, 401],
    [-1, 200],
    [0, 200],
    [1, 200],
    [2, 401],
  ])("a clock that is %i steps off: %i", async (steps, status) => {
    const user = await withFactor();
    tick(5 * STEP_MS);
    const half = await begin(user.email);
    expect((await finish(half.body.secondFactorToken, codeOf(user.secret, steps))).status).toBe(
      status,
    );
  });

  test("a code counts once, also in another sign-in", async () => {
    const user = await withFactor();
    const code = codeOf(user.secret);
    const [one, two] = [await begin(user.email), await begin(user.email)];
    expect((await finish(one.body.secondFactorToken, code)).status).toBe(200);
    const three = await begin(user.email);
    expect((await finish(three.body.secondFactorToken, code)).status).toBe(401);
    expect((await finish(two.body.secondFactorToken, codeOf(user.secret, 1))).body.code).toBe(
      "identity.token-used",
    );
  });

  test("a backup code works once, in either case and with a dash; renewing replaces all", async () => {
    const user = await withFactor();
    const [first = "", second = "", third = ""] = user.backupCodes;
    const use = async (code: string): Promise<number> =>
      (await finish((await begin(user.email)).body.secondFactorToken, code)).status;
    expect(await use(`${first.slice(0, 4)}-${first.slice(4).toLowerCase()}`)).toBe(200);
    expect(await use(first)).toBe(401);
    expect(await use(second)).toBe(200);
    const renewed = await call("POST", "/api/v1/two-factor/backup-codes", {
      token: user.token,
      body: { password: PASSWORD },
    });
    expect(renewed.body.backupCodes).toHaveLength(10);
    expect(await use(third)).toBe(401);
    expect(await use(renewed.body.backupCodes[0] ?? "")).toBe(200);
  });

  test("ends five minutes after the password", async () => {
    const user = await withFactor();
    const half = await begin(user.email);
    tick(5 * 60_000);
    expect((await finish(half.body.secondFactorToken, codeOf(user.secret))).body.code).toBe(
      "identity.token-expired",
    );
  });

  test("wrong codes lock like wrong passwords, and the right password in between does not help", async () => {
    const user = await withFactor();
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const half = await begin(user.email);
      statuses.push((await finish(half.body.secondFactorToken, "000000")).status);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401]);
    expect((await begin(user.email)).status).toBe(429);
  });

  test.each([
    ["a number", 123_456],
    ["five digits", "12345"],
    ["a list", ["123456"]],
    ["endless", "1".repeat(10_000)],
    ["none", undefined],
  ])("%s as a code is refused with 422", async (_, code) => {
    const reply = await call("POST", "/api/v1/login/second-factor", {
      body: { secondFactorToken: "sfa_x", code },
    });
    expect(reply.status).toBe(422);
  });

  test("other digits than ASCII are no code", async () => {
    const user = await withFactor();
    const half = await begin(user.email);
    const arabic = [...codeOf(user.secret)]
      .map((digit) => String.fromCodePoint(0x660 + Number(digit)))
      .join("");
    expect((await finish(half.body.secondFactorToken, arabic)).status).toBe(401);
  });
});

test("an administrator switches off what somebody lost, and cannot switch it on", async () => {
  const user = await withFactor();
  const { token } = (await begin("admin@example.org")).body;
  const patch = (body: object): Promise<Reply> =>
    call("PATCH", `/api/v1/users/${user.id}`, { token, body });
  expect((await patch({ twoFactor: true })).status).toBe(422);
  expect((await patch({ twoFactor: false })).body).toMatchObject({ twoFactor: false });
  expect("token" in (await begin(user.email)).body).toBe(true);
});

test("a changed password ends half sign-ins", async () => {
  const user = await withFactor();
  const half = await begin(user.email);
  await call("POST", "/api/v1/change-password", {
    token: user.token,
    body: { currentPassword: PASSWORD, newPassword: "another password" },
  });
  expect((await finish(half.body.secondFactorToken, codeOf(user.secret))).body.code).toBe(
    "identity.token-used",
  );
});

test("switched off with the password, sign-in is one step again and old backup codes are gone", async () => {
  const user = await withFactor();
  const off = (password: string): Promise<Reply> =>
    call("POST", "/api/v1/two-factor/disable", { token: user.token, body: { password } });
  expect((await off("wrong password")).status).toBe(403);
  expect((await off(PASSWORD)).status).toBe(204);
  expect("token" in (await begin(user.email)).body).toBe(true);
  const renewed = await call("POST", "/api/v1/two-factor/backup-codes", {
    token: user.token,
    body: { password: PASSWORD },
  });
  expect([renewed.status, renewed.body.code]).toEqual([409, "identity.two-factor-off"]);
});
