import { expect, test } from "vitest";
import { Problem } from "#kernel";
import { ada, fakeGateway } from "./testing/fake-world.ts";

const me = (token: string): Request =>
  new Request("http://basalt.test/api/v1/me", { headers: { authorization: `Bearer ${token}` } });

test("a token that many requests bring at once is looked up once", async () => {
  let lookups = 0;
  const gateway = fakeGateway({
    actorOf: async () => {
      lookups += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return ada;
    },
  });
  const answers = await Promise.all(Array.from({ length: 100 }, () => gateway.fetch(me("one"))));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(lookups).toBe(1);
  await gateway.fetch(me("one"));
  expect(lookups).toBe(2);
});

test("a refused token is refused to all who bring it, and looked up again", async () => {
  let isGood = false;
  const gateway = fakeGateway({
    actorOf: async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (!isGood) {
        throw new Problem("unauthenticated", "identity.invalid-token", { message: "No." });
      }
      return ada;
    },
  });
  const answers = await Promise.all(Array.from({ length: 10 }, () => gateway.fetch(me("one"))));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
  isGood = true;
  expect((await gateway.fetch(me("one"))).status).toBe(200);
});

test("tokens that one address makes up are looked up a bounded number at once; others are not held up", async () => {
  let running = 0;
  let most = 0;
  const gateway = fakeGateway({
    actorOf: async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 50));
      running -= 1;
      throw new Problem("unauthenticated", "identity.invalid-token", { message: "No." });
    },
  });
  const guesses = Array.from({ length: 1_000 }, (_, at) =>
    gateway.fetch(me(`guess ${at}`), { address: "203.0.113.1" }),
  );
  const other = await gateway.fetch(me("other"), { address: "203.0.113.2" });
  expect(other.status).toBe(401);
  const statuses = (await Promise.all(guesses)).map(({ status }) => status);
  expect(most).toBeLessThanOrEqual(257);
  expect(statuses.filter((status) => status === 429).length).toBe(1_000 - 256);
});

test("a look-up that fails for want of a database says so", async () => {
  const gateway = fakeGateway({
    actorOf: () =>
      Promise.reject(
        new Problem("unavailable", "kernel.database-unavailable", { message: "Away." }),
      ),
  });
  const answer = await gateway.fetch(me("one"));
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ code: "kernel.database-unavailable" });
});
