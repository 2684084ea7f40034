import { expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import { makeUser } from "../../workspaces/testing/people.ts";
import { noteOpened, recentlyOpened, sweepRecent } from "./recent.ts";

const world = testWorld();
const baseId = "appAAAAAAAAAAAAAA";

test("of one user the fifty that were opened last are kept, newest first, and old ones are forgotten", async () => {
  const [user, other] = [await makeUser(world()), await makeUser(world())];
  await noteOpened(other, { baseId });
  for (let count = 0; count < 60; count += 1) {
    world().setClock(new Date(Date.UTC(2026, 0, 1, 0, count)));
    await noteOpened(user, { baseId, tableId: `tbl${count}` });
  }
  const kept = await recentlyOpened(user, user.actor.userId);
  expect(kept.map(({ tableId }) => tableId)).toEqual(
    Array.from({ length: 50 }, (_, at) => `tbl${59 - at}`),
  );
  world().setClock(new Date(Date.UTC(2027, 11, 1)));
  await sweepRecent(world().system);
  expect(await recentlyOpened(user, user.actor.userId)).toEqual([]);
  world().setClock(null);
});

test("the same one is written once in five minutes", async () => {
  const user = await makeUser(world());
  const at = async (minute: number): Promise<Date | undefined> => {
    world().setClock(new Date(Date.UTC(2026, 0, 1, 0, minute)));
    await noteOpened(user, { baseId, tableId: "tbl1" });
    return (await recentlyOpened(user, user.actor.userId))[0]?.at;
  };
  const first = await at(0);
  expect(await at(4)).toEqual(first);
  expect(await at(6)).not.toEqual(first);
  world().setClock(null);
});
