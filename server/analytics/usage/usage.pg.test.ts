import { expect, test } from "vitest";
import { openTestWorld, testWorld, type TestWorld } from "../../kernel/testing/world.ts";
import { byKey, makeHouse, makeMember, makeUser } from "../../workspaces/testing/people.ts";
import { takeEvents } from "../events/take-events.ts";
import { codeOf, openCounting } from "../testing/counting.ts";
import { meterOf } from "./meter.ts";
import { instanceUsage, ownUsage, workspaceUsage } from "./show-usage.ts";
import { writeUsage } from "./write-usage.ts";

const world = testWorld();

const request = {
  method: "GET",
  endpoint: "/v0/{baseId}/{table}",
  status: 200,
  bytesIn: 10,
  bytesOut: 100,
};

function read(of: TestWorld, userId: string, baseId: string, keyId?: string): void {
  of.parts.of(meterOf).count({ ...request, userId, keyId, baseId });
}

test("several processes add up, by day and by month, base and key", async () => {
  const { owner, workspaceId, baseId } = await makeHouse(world());
  const { userId } = owner.actor;
  const other = await openTestWorld({ url: world().url });
  try {
    for (let at = 0; at < 5; at += 1) {
      read(world(), userId, baseId);
      read(other, userId, baseId);
      read(other, userId, baseId, "pat00000000000001");
    }
    other.parts.of(meterOf).count({ ...request, userId, workspaceId, method: "PATCH" });
    await Promise.all([writeUsage(world()), writeUsage(other)]);
  } finally {
    await other.close();
  }
  for (const period of ["day", "month"] as const) {
    const { rows, totals } = await workspaceUsage(owner, workspaceId, { period });
    expect(rows).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ baseId, keyId: null, userId, reads: 10, bytesOut: 1_000 }),
        expect.objectContaining({ baseId, keyId: "pat00000000000001", reads: 5, bytesIn: 50 }),
        expect.objectContaining({ baseId: null, workspaceId, writes: 1, reads: 0 }),
      ]),
    );
    expect(rows).toHaveLength(3);
    expect(totals).toEqual([expect.objectContaining({ resource: "requests", used: 16 })]);
  }
});

test("what strangers ask for is on their own account and on nobody else's", async () => {
  const { owner, workspaceId, baseId } = await makeHouse(world());
  const stranger = await makeUser(world());
  read(world(), stranger.actor.userId, baseId);
  world()
    .parts.of(meterOf)
    .count({ ...request, userId: stranger.actor.userId, workspaceId });
  read(world(), stranger.actor.userId, "app00000000000000");
  read(world(), stranger.actor.userId, "appno-such-place");
  await writeUsage(world());
  expect(await workspaceUsage(owner, workspaceId, { period: "day" })).toMatchObject({
    rows: [],
    totals: [],
  });
  const { rows } = await ownUsage(stranger, { period: "day" });
  expect(rows).toEqual([expect.objectContaining({ workspaceId: null, baseId: null, reads: 4 })]);
});

test("a key sees what it used, its user everything", async () => {
  const { owner, baseId } = await makeHouse(world());
  const key = byKey(owner, { scopes: [] });
  const { credential, userId } = key.actor;
  const keyId = credential.kind === "key" ? credential.keyId : "";
  read(world(), userId, baseId);
  read(world(), userId, baseId, keyId);
  await writeUsage(world());
  expect((await ownUsage(key, { period: "day" })).rows).toEqual([
    expect.objectContaining({ keyId, reads: 1 }),
  ]);
  expect((await ownUsage(owner, { period: "month" })).rows).toHaveLength(2);
  const far = ownUsage(owner, { period: "day", from: "2020-01-01", to: "2026-01-01" });
  expect(await codeOf(far)).toBe("analytics.range");
});

test("is for those who may, and the instance's for administrators", async () => {
  const { owner, workspaceId } = await makeHouse(world());
  const editor = await makeMember(world(), { workspaceId }, "editor");
  const seen = (scope: typeof owner): Promise<string> =>
    codeOf(workspaceUsage(scope, workspaceId, { period: "day" }));
  expect(await seen(editor)).toBe("workspaces.not-permitted");
  expect(await seen(await makeUser(world()))).toBe("workspaces.not-found-or-not-allowed");
  expect(await seen(byKey(owner, { scopes: ["data.records:read"] }))).toBe(
    "workspaces.scope-missing",
  );
  const asked = { period: "month", resource: "events", limit: 5 } as const;
  expect(await codeOf(instanceUsage(owner, asked))).toBe("identity.administrator-required");
  await takeEvents(owner, { workspaceId, events: [{ name: "x" }, { name: "y" }] });
  const counting = await openCounting(world());
  await takeEvents(owner, { workspaceId, events: [{ name: "x" }, { name: "y" }] });
  await counting.close();
  const admin = await makeUser(world(), { admin: true });
  expect(await instanceUsage(admin, asked)).toMatchObject({
    workspaces: [{ workspaceId, used: 2 }],
  });
});

test("what cannot be written is kept for the next time", async () => {
  const { owner, workspaceId, baseId } = await makeHouse(world());
  read(world(), owner.actor.userId, baseId);
  const away = async (): Promise<never> => {
    throw new Error("away");
  };
  await expect(
    writeUsage({ ...world(), db: { ...world().db, all: away, pipeline: away } as never }),
  ).rejects.toThrow("away");
  await writeUsage(world());
  const { totals } = await workspaceUsage(owner, workspaceId, { period: "day" });
  expect(totals).toEqual([expect.objectContaining({ used: 1 })]);
});

test("a new day begins a new row", async () => {
  const { owner, workspaceId, baseId } = await makeHouse(world());
  try {
    for (const day of ["2026-05-31T23:59:59Z", "2026-06-01T00:00:01Z"]) {
      world().setClock(new Date(day));
      read(world(), owner.actor.userId, baseId);
      await writeUsage(world());
    }
    const days = await workspaceUsage(owner, workspaceId, { period: "day" });
    expect(days.rows.map((row) => row.starts)).toEqual(["2026-06-01", "2026-05-31"]);
    const months = await workspaceUsage(owner, workspaceId, { period: "month" });
    expect(months.rows.map((row) => row.starts)).toEqual(["2026-06-01", "2026-05-01"]);
  } finally {
    world().setClock(null);
  }
});
