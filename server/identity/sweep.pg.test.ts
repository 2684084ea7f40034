import { afterAll, beforeAll, expect, test } from "vitest";
import { testWorld } from "../kernel/testing/world.ts";
import { closeIdentity, identityOf } from "./state.ts";
import { sweepIdentity } from "./sweep.ts";
import { clientOf, meStatus, signUp, type Call } from "./testing/client.ts";
import { sweptRows } from "./testing/rows.sql.ts";

const world = testWorld();
let call: Call;

beforeAll(() => {
  call = clientOf(world());
});
afterAll(() => closeIdentity(world()));

test("what is long over goes, what still counts stays", async () => {
  const start = Date.parse("2026-01-01T00:00:00Z");
  const day = 24 * 3_600_000;
  world().setClock(new Date(start));
  const user = await signUp(call);
  await call("POST", "/api/v1/login", {
    body: { email: "nobody@example.org", password: "wrong password" },
  });
  await identityOf(world()).background.settled();
  const count = async (): Promise<number> =>
    (await world().db.one<{ count: number }>(sweptRows())).count;
  expect(await count()).toBeGreaterThan(3);
  expect(await sweepIdentity(world().system)).toBe(0);
  expect(await meStatus(call, user.token)).toBe(200);
  world().setClock(new Date(start + 29 * day));
  await sweepIdentity(world().system);
  const next = await call("POST", "/api/v1/refresh", { body: { refreshToken: user.refreshToken } });
  expect(next.status).toBe(200);
  world().setClock(new Date(start + 120 * day));
  await sweepIdentity(world().system);
  expect(await count()).toBe(0);
});
