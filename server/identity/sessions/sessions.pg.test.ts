import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import { closeIdentity } from "../state.ts";
import { clientOf, meStatus, PASSWORD, signUp, type Call, type Reply } from "../testing/client.ts";

const world = testWorld();
let call: Call;

beforeAll(() => {
  call = clientOf(world());
});
afterEach(() => world().setClock(null));
afterAll(() => closeIdentity(world()));

const refresh = (refreshToken: string): Promise<Reply> =>
  call("POST", "/api/v1/refresh", { body: { refreshToken } });
const login = (email: string): Promise<Reply> =>
  call("POST", "/api/v1/login", { body: { email, password: PASSWORD } });

describe("refresh", () => {
  test("gives the next pair of the same session", async () => {
    const user = await signUp(call);
    const next = await refresh(user.refreshToken);
    expect(next.status).toBe(200);
    expect(next.body.sessionId).toBe(user.sessionId);
    expect(next.body.refreshToken).not.toBe(user.refreshToken);
    expect(await meStatus(call, next.body.token)).toBe(200);
    expect((await refresh(next.body.refreshToken)).status).toBe(200);
  });

  test("used twice ends the whole session at once, with its newest tokens", async () => {
    const user = await signUp(call);
    const other = await login(user.email);
    const next = await refresh(user.refreshToken);
    expect(await meStatus(call, next.body.token)).toBe(200);
    expect((await refresh(user.refreshToken)).status).toBe(401);
    expect(await meStatus(call, user.token)).toBe(401);
    expect(await meStatus(call, next.body.token)).toBe(401);
    expect((await refresh(next.body.refreshToken)).status).toBe(401);
    expect(await meStatus(call, other.body.token)).toBe(200);
  });

  test("twice at the same time: one passes at most, and the session is over", async () => {
    const user = await signUp(call);
    const replies = await Promise.all([refresh(user.refreshToken), refresh(user.refreshToken)]);
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401]);
    expect(await meStatus(call, user.token)).toBe(401);
  });

  test("a session token ends after 15 minutes, a refresh token unused for 30 days, a session after 90", async () => {
    const start = Date.parse("2026-07-01T00:00:00Z");
    const day = 24 * 3_600_000;
    world().setClock(new Date(start));
    const user = await signUp(call);
    expect(await meStatus(call, user.token)).toBe(200);
    world().setClock(new Date(start + 15 * 60_000));
    expect(await meStatus(call, user.token)).toBe(401);
    world().setClock(new Date(start + 30 * day));
    expect((await refresh(user.refreshToken)).status).toBe(401);
    world().setClock(new Date(start));
    const used = await login(user.email);
    let { refreshToken } = used.body;
    for (const days of [29, 58, 87]) {
      world().setClock(new Date(start + days * day));
      const next = await refresh(refreshToken);
      expect(next.status).toBe(200);
      ({ refreshToken } = next.body);
    }
    world().setClock(new Date(start + 90 * day));
    expect((await refresh(refreshToken)).status).toBe(401);
  });
});

describe("sessions", () => {
  test("logout ends this session at once and no other", async () => {
    const user = await signUp(call);
    const other = await login(user.email);
    expect(await meStatus(call, user.token)).toBe(200);
    expect((await call("POST", "/api/v1/logout", { token: user.token })).status).toBe(204);
    expect(await meStatus(call, user.token)).toBe(401);
    expect((await refresh(user.refreshToken)).status).toBe(401);
    expect(await meStatus(call, other.body.token)).toBe(200);
  });

  test("are listed with where they came from, and ended one by one", async () => {
    const user = await signUp(call);
    const other = await call("POST", "/api/v1/login", {
      body: { email: user.email, password: PASSWORD },
      address: "203.0.113.77",
      headers: { "user-agent": "curl/8" },
    });
    const { body } = await call("GET", "/api/v1/sessions", { token: user.token });
    expect(body.sessions).toHaveLength(2);
    expect(body.sessions.find(({ id }) => id === other.body.sessionId)).toMatchObject({
      address: "203.0.113.77",
      userAgent: "curl/8",
      current: false,
    });
    expect(body.sessions.find(({ id }) => id === user.sessionId)).toMatchObject({ current: true });
    expect(
      (await call("DELETE", `/api/v1/sessions/${other.body.sessionId}`, { token: user.token }))
        .status,
    ).toBe(204);
    expect(await meStatus(call, other.body.token)).toBe(401);
    expect(
      (await call("DELETE", `/api/v1/sessions/${other.body.sessionId}`, { token: user.token }))
        .status,
    ).toBe(404);
  });

  test("all others are ended in one call", async () => {
    const user = await signUp(call);
    const others = [await login(user.email), await login(user.email)];
    const { status, body } = await call("DELETE", "/api/v1/sessions", { token: user.token });
    expect([status, body["ended"]]).toEqual([200, 2]);
    for (const other of others) {
      expect(await meStatus(call, other.body.token)).toBe(401);
    }
    expect(await meStatus(call, user.token)).toBe(200);
  });

  test.each(["theirs", "sesAAAAAAAAAAAAAA", "usrAAAAAAAAAAAAAA", "x", "%00", "ses%27%20or%201=1"])(
    "%s is not found among one's own",
    async (id) => {
      const [me, them] = [await signUp(call), await signUp(call)];
      const { status, body } = await call(
        "DELETE",
        `/api/v1/sessions/${id === "theirs" ? them.sessionId : id}`,
        { token: me.token },
      );
      expect([status, body.code]).toEqual([404, "identity.session-not-found"]);
      expect(await meStatus(call, them.token)).toBe(200);
    },
  );

  test("a hundred and one: the one used longest ago gives way", async () => {
    const user = await signUp(call);
    for (let at = 0; at < 100; at += 1) {
      await login(user.email);
    }
    expect(await meStatus(call, user.token)).toBe(401);
  });
});
