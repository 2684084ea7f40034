import { afterAll, beforeAll, expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import { closeIdentity } from "../state.ts";
import { clientOf, type CallOptions, type Reply } from "../testing/client.ts";

const world = testWorld();
let call: (method: string, path: string, options?: CallOptions) => Promise<Reply>;
const password = "correct horse battery";

beforeAll(() => {
  call = clientOf(world());
});
afterAll(() => closeIdentity(world()));

test("register, login, me, api key, logout", async () => {
  const made = await call("POST", "/api/v1/register", {
    body: { email: "Ada@example.org", password, name: "Ada" },
  });
  expect(made.status).toBe(201);
  expect(made.body.user).toMatchObject({ email: "Ada@example.org", name: "Ada", admin: true });
  const me = await call("GET", "/api/v1/me", { token: made.body.token });
  expect(me.status).toBe(200);
  const signed = await call("POST", "/api/v1/login", {
    body: { email: "ada@EXAMPLE.org", password },
  });
  expect(signed.status).toBe(200);
  const { token } = signed.body;
  const key = await call("POST", "/api/v1/api-keys", { token, body: { name: "k" } });
  expect(key.status).toBe(201);
  expect((await call("GET", "/api/v1/me", { token: key.body.key })).body.email).toBe(
    "Ada@example.org",
  );
  expect((await call("POST", "/api/v1/logout", { token })).status).toBe(204);
  expect((await call("GET", "/api/v1/me", { token })).status).toBe(401);
});
