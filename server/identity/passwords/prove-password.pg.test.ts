import { afterAll, expect, test } from "vitest";
import { Problem, type Db } from "#kernel";
import { testWorld } from "../../kernel/testing/world.ts";
import { invalidCredentials } from "../sessions/login.ts";
import { closeIdentity } from "../state.ts";
import { provePassword } from "./prove-password.ts";

const world = testWorld();
afterAll(() => closeIdentity(world()));

test("while the database is away, sign-ins are refused side by side, not one after the other", async () => {
  const away = new Problem("unavailable", "kernel.database-unavailable", { message: "Away." });
  const callers = 12;
  const all = Promise.withResolvers<never>();
  let asking = 0;
  // Answers nobody before everybody has asked: callers that queued for each other would wait for ever.
  const askTogether = async (): Promise<never> => {
    asking += 1;
    if (asking === callers) {
      all.reject(away);
    }
    return all.promise;
  };
  const db = Object.create(world().db, { all: { value: askTogether } }) as Db;
  const outcomes = await Promise.allSettled(
    Array.from({ length: callers }, (_, at) =>
      provePassword(
        { ...world().system, address: "192.0.2.9", db },
        // Half of them at one account.
        { email: `p${at % 2 === 0 ? 0 : at}@example.org`, password: "does not matter" },
        invalidCredentials,
      ),
    ),
  );
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({
      status: "rejected",
      reason: { code: "kernel.database-unavailable" },
    });
  }
});
