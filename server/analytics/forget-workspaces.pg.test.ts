import { expect, test } from "vitest";
import { sql } from "#kernel";
import { purgeTrash, trashWorkspace } from "#workspaces";
import { testWorld } from "../kernel/testing/world.ts";
import { makeHouse, makeUser } from "../workspaces/testing/people.ts";
import { takeEvents } from "./events/take-events.ts";
import { forgetGoneWorkspaces } from "./forget-workspaces.ts";
import { setQuotas } from "./quotas/set-quotas.ts";
import { openCounting } from "./testing/counting.ts";

const world = testWorld();

const left = async (workspaceId: string): Promise<unknown> =>
  world().db.one(sql`
    select (select count(*) from analytics.events where workspace_id = ${workspaceId}) as events,
      (select count(*) from analytics.totals where workspace_id = ${workspaceId}) as totals,
      (select count(*) from analytics.quotas where workspace_id = ${workspaceId}) as quotas,
      (select count(*) from analytics.alerts where workspace_id = ${workspaceId}) as alerts`);

test("what was counted for a workspace goes when it is gone for good, and not before", async () => {
  const counting = await openCounting(world());
  const admin = await makeUser(world(), { admin: true });
  const gone = await makeHouse(world());
  const stays = await makeHouse(world());
  for (const { owner, workspaceId } of [gone, stays]) {
    await takeEvents(owner, { workspaceId, events: [{ name: "x" }, { name: "y" }] });
    await setQuotas(admin, workspaceId, [
      { resource: "events", period: "month", limit: 1, enforce: true },
    ]);
  }
  await counting.turn();
  await counting.close();
  const all = { events: 2, totals: 2, quotas: 1, alerts: 2 };
  await trashWorkspace(gone.owner, gone.workspaceId);
  await forgetGoneWorkspaces(world().system);
  expect(await left(gone.workspaceId)).toEqual(all);
  try {
    world().setClock(new Date(Date.now() + 8 * 24 * 3_600_000));
    await purgeTrash(world().system, async () => undefined);
    await purgeTrash(world().system, async () => undefined);
  } finally {
    world().setClock(null);
  }
  expect(await forgetGoneWorkspaces(world().system)).toBe(1);
  expect(await left(gone.workspaceId)).toEqual({ events: 0, totals: 0, quotas: 0, alerts: 0 });
  expect(await left(stays.workspaceId)).toEqual(all);
});
