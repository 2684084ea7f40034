import { quotasBody } from "@basalt/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Problem, usageGate, type LimitedResource, type PlaceOfUse, type Scope } from "#kernel";
import { createWorkspace, moveBase, trashBase } from "#workspaces";
import { openTestWorld, testWorld } from "../../kernel/testing/world.ts";
import { makeHouse, makeMember, makeUser } from "../../workspaces/testing/people.ts";
import { takeEvents } from "../events/take-events.ts";
import type { Analytics } from "../open-analytics.ts";
import { codeOf, openCounting, type Holdings } from "../testing/counting.ts";
import { logRecords } from "../testing/log-records.sql.ts";
import { listAlerts } from "./list-alerts.ts";
import { mailAlerts } from "./mail-alerts.ts";
import { setQuotas } from "./set-quotas.ts";
import { readQuotas } from "./show-quotas.ts";

const world = testWorld();
const holdings: Holdings = new Map();
let counting: Analytics;
let admin: Scope;

beforeEach(async () => {
  holdings.clear();
  world().outbox.length = 0;
  admin = await makeUser(world(), { admin: true });
  counting = await openCounting(world(), holdings);
});

afterEach(async () => {
  world().setClock(null);
  await counting.close();
});

const quota = (resource: string, period: string, limit: number, enforce = true) =>
  quotasBody.parse({ quotas: [{ resource, period, limit, enforce }] }).quotas;

interface House {
  readonly owner: Scope;
  readonly workspaceId: string;
  readonly baseId: string;
}

/** Asks as the gateway does, and is counted when it was let in. */
function request({ owner, baseId }: House, scope: Scope = owner): Problem | undefined {
  const { actor } = scope;
  const refusal = counting.refuse({ actor, path: `/v0/${baseId}/T`, baseId });
  if (refusal === undefined && actor.kind === "user") {
    const { userId } = actor;
    const facts = { method: "GET", endpoint: "/v0", status: 200, bytesIn: 0, bytesOut: 0 };
    counting.meter({ userId, baseId, ...facts });
  }
  return refusal;
}

/** What the access of somebody is must be in memory before it can be told from there. */
async function warm(house: House, scope: Scope = house.owner): Promise<void> {
  request(house, scope);
  await expect
    .poll(() => counting.refuse({ actor: scope.actor, path: "/", baseId: house.baseId }))
    .toBeUndefined();
  await new Promise((resolve) => {
    setTimeout(resolve, 50);
  });
}

async function alertsOf({ owner, workspaceId }: House): Promise<readonly (readonly unknown[])[]> {
  const { alerts } = await listAlerts(owner, workspaceId);
  return alerts
    .map(({ resource, threshold, used, endedAt }) => [
      resource,
      threshold,
      used,
      endedAt === null ? "open" : "ended",
    ])
    .toReversed();
}

describe("requests", () => {
  test("are refused when the quota is used up, with the time at which it begins anew", async () => {
    world().setClock(new Date("2026-03-10T18:00:00Z"));
    const house = await makeHouse(world());
    await setQuotas(admin, house.workspaceId, quota("requests", "day", 10));
    await warm(house);
    await counting.turn();
    const { quotas } = await readQuotas(house.owner, house.workspaceId);
    const used = quotas[0]?.used ?? 0;
    const outcomes = Array.from({ length: 12 }, () => request(house));
    expect(outcomes.filter((refusal) => refusal === undefined)).toHaveLength(10 - used);
    const refusal = outcomes.at(-1);
    expect(refusal?.status).toBe(429);
    expect(refusal?.code).toBe("kernel.quota-exceeded");
    expect(refusal?.details.retryAfterS).toBe(6 * 3_600);
    expect(refusal?.details.extra).toEqual({
      quota: {
        resource: "requests",
        period: "day",
        limit: 10,
        resetsAt: "2026-03-11T00:00:00.000Z",
      },
    });
    await counting.turn();
    expect((await readQuotas(house.owner, house.workspaceId)).quotas[0]).toMatchObject({
      used: 10,
      state: "reached",
    });
    expect(request(house)).toBeInstanceOf(Problem);
    world().setClock(new Date("2026-03-11T00:00:01Z"));
    await warm(house);
    expect(request(house)).toBeUndefined();
  });

  test("of strangers neither count nor learn of the quota", async () => {
    const house = await makeHouse(world());
    await setQuotas(admin, house.workspaceId, quota("requests", "month", 0));
    const stranger = await makeUser(world());
    await warm(house, stranger);
    expect(request(house, stranger)).toBeUndefined();
    await warm(house);
    expect(request(house)?.code).toBe("kernel.quota-exceeded");
    expect(request(house, world().scopeFor({ kind: "anonymous" }))).toBeUndefined();
    expect(request({ ...house, baseId: "app00000000000000" })).toBeUndefined();
  });

  test("about the usage itself are always answered", async () => {
    const house = await makeHouse(world());
    const { workspaceId, owner } = house;
    await setQuotas(admin, workspaceId, quota("requests", "month", 0));
    await warm(house);
    const ask = (path: string) => counting.refuse({ actor: owner.actor, path, workspaceId });
    await expect.poll(() => ask(`/api/v1/workspaces/${workspaceId}`)?.code).toBeDefined();
    expect(ask(`/api/v1/workspaces/${workspaceId}/usage`)).toBeUndefined();
    expect(ask(`/api/v1/workspaces/${workspaceId}/quotas`)).toBeUndefined();
    expect(ask(`/api/v1/workspaces/${workspaceId}/alerts`)).toBeUndefined();
  });

  test("of two processes meet one quota after the next write", async () => {
    const house = await makeHouse(world());
    await setQuotas(admin, house.workspaceId, quota("requests", "month", 20));
    const other = await openTestWorld({ url: world().url });
    const there = await openCounting(other, holdings);
    try {
      await warm(house);
      for (let at = 0; at < 15; at += 1) {
        const { actor } = house.owner;
        const userId = actor.kind === "user" ? actor.userId : "";
        const facts = { method: "GET", endpoint: "/v0", status: 200, bytesIn: 0, bytesOut: 0 };
        there.meter({ userId, baseId: house.baseId, ...facts });
      }
      await there.turn();
      await counting.turn();
      const outcomes = Array.from({ length: 20 }, () => request(house));
      expect(outcomes.filter((one) => one === undefined).length).toBeLessThanOrEqual(5);
      expect(request(house)?.code).toBe("kernel.quota-exceeded");
    } finally {
      await there.close();
      await other.close();
    }
  });
});

describe("events", () => {
  test("beyond the quota are refused whole, and what was stored is counted once", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    await setQuotas(admin, workspaceId, quota("events", "month", 5));
    const three = { workspaceId, events: [1, 2, 3].map((id) => ({ id: `e${id}`, name: "x" })) };
    expect(await takeEvents(owner, three)).toMatchObject({ accepted: 3 });
    await counting.turn();
    expect(await codeOf(takeEvents(owner, three))).toBe("kernel.quota-exceeded");
    const two = { workspaceId, events: three.events.slice(0, 2) };
    expect(await takeEvents(owner, two)).toMatchObject({ duplicates: 2 });
    await counting.turn();
    expect((await readQuotas(owner, workspaceId)).quotas[0]).toMatchObject({ used: 3 });
  });
});

describe("what is held", () => {
  test("is counted, followed by the change log and bounded", async () => {
    const house = await makeHouse(world());
    const { baseId, workspaceId, owner } = house;
    const gate = world().parts.of(usageGate);
    holdings.set(baseId, { records: 90, storage: 1_000, txn: 7 });
    const set = await setQuotas(admin, workspaceId, quota("records", "now", 100));
    expect(set.quotas[0]).toMatchObject({ used: 90, state: "near", resetsAt: null });
    expect(await alertsOf(house)).toEqual([["records", 80, 90, "open"]]);
    gate.require({ baseId }, "records", 10);
    expect(await codeOf(() => gate.require({ baseId }, "records", 1))).toBe(
      "kernel.quota-exceeded",
    );
    await world().db.run(logRecords({ baseId, txn: 8, name: "records.created", count: 10 }));
    await counting.turn();
    expect(await codeOf(() => gate.require({ baseId }, "records", 1))).toBe(
      "kernel.quota-exceeded",
    );
    expect((await readQuotas(owner, workspaceId)).quotas[0]).toMatchObject({ used: 100 });
    await world().db.run(logRecords({ baseId, txn: 9, name: "records.deleted", count: 50 }));
    await counting.turn();
    gate.require({ baseId }, "records", 50);
    holdings.set(baseId, { records: 3, storage: 1_000, txn: 10 });
    await world().db.run(logRecords({ baseId, txn: 10, name: "tables.deleted", count: 0 }));
    await counting.turn();
    expect((await readQuotas(owner, workspaceId)).quotas[0]).toMatchObject({ used: 3 });
    expect(await alertsOf(house)).toEqual([
      ["records", 80, 90, "ended"],
      ["records", 100, 100, "ended"],
    ]);
    holdings.set(baseId, { records: 85, storage: 1_000, txn: 11 });
    await world().db.run(logRecords({ baseId, txn: 11, name: "base.imported", count: 0 }));
    await counting.turn();
    expect((await alertsOf(house)).at(-1)).toEqual(["records", 80, 85, "open"]);
  });

  test("in files is counted anew after files came in, and refused beyond the bound", async () => {
    const { baseId, workspaceId, owner } = await makeHouse(world());
    const gate = world().parts.of(usageGate);
    holdings.set(baseId, { records: 0, storage: 500, txn: 1 });
    await setQuotas(admin, workspaceId, quota("storage", "now", 1_000));
    gate.require({ baseId }, "storage", 500);
    const refused = await codeOf(() => gate.require({ baseId }, "storage", 1));
    expect(refused).toBe("kernel.quota-exceeded");
    holdings.set(baseId, { records: 0, storage: 900, txn: 2 });
    await counting.turn();
    expect((await readQuotas(owner, workspaceId)).quotas[0]).toMatchObject({ used: 900 });
    gate.require({ baseId }, "storage", 100);
    expect(await codeOf(() => gate.require({ baseId }, "storage", 1))).toBe(
      "kernel.quota-exceeded",
    );
    // The next count is half a minute away: until then what was let in stays reserved.
    await counting.turn();
    expect(await codeOf(() => gate.require({ baseId }, "storage", 1))).toBe(
      "kernel.quota-exceeded",
    );
  });

  test("lies with the workspace that the base is in now", async () => {
    const from = await makeHouse(world());
    const { baseId, workspaceId } = from;
    holdings.set(baseId, { records: 10, storage: 0, txn: 1 });
    await setQuotas(admin, workspaceId, quota("records", "now", 10));
    await trashBase(from.owner, baseId);
    await counting.turn();
    expect((await readQuotas(from.owner, workspaceId)).quotas[0]).toMatchObject({ used: 0 });
    const to = await createWorkspace(from.owner, { name: "To" });
    const moved = await makeHouse(world());
    holdings.set(moved.baseId, { records: 7, storage: 0, txn: 1 });
    await setQuotas(admin, moved.workspaceId, quota("records", "now", 10));
    await setQuotas(admin, to.id, quota("records", "now", 10));
    await moveBase(world().system, { baseId: moved.baseId, workspaceId: to.id });
    await counting.turn();
    expect((await readQuotas(from.owner, to.id)).quotas[0]).toMatchObject({ used: 7 });
    expect((await readQuotas(moved.owner, moved.workspaceId)).quotas[0]).toMatchObject({ used: 0 });
  });
});

describe("alerts", () => {
  test("are told once in a period, to the owners, whatever the number of processes", async () => {
    const house = await makeHouse(world());
    const { workspaceId, baseId } = house;
    await makeMember(world(), { workspaceId }, "editor");
    await setQuotas(admin, workspaceId, quota("model-tokens", "month", 1_000));
    const other = await openTestWorld({ url: world().url });
    const there = await openCounting(other, holdings);
    try {
      use({ baseId }, "model-tokens", 799);
      await counting.turn();
      expect(await alertsOf(house)).toEqual([]);
      use({ baseId }, "model-tokens", 1);
      await counting.turn();
      await there.turn();
      use({ workspaceId }, "model-tokens", 300);
      await Promise.all([counting.turn(), there.turn()]);
      await there.turn();
    } finally {
      await there.close();
      await other.close();
    }
    expect(await alertsOf(house)).toEqual([
      ["model-tokens", 80, 800, "open"],
      ["model-tokens", 100, 1_100, "open"],
    ]);
    const mails = [...world().outbox, ...other.outbox];
    expect(mails.map(({ subject }) => subject.slice(0, 5)).toSorted()).toEqual(["100 %", "80 % "]);
    const { actor } = house.owner;
    expect(new Set(mails.map(({ to }) => to))).toEqual(
      new Set([actor.kind === "user" ? actor.email : ""]),
    );
    expect(await codeOf(() => gateOf().require({ baseId }, "model-tokens", 0))).toBe(
      "kernel.quota-exceeded",
    );
  });

  test("come from a limit on spending that refuses nothing", async () => {
    const house = await makeHouse(world());
    const { workspaceId } = house;
    await setQuotas(admin, workspaceId, quota("spend", "day", 5_000_000, false));
    use({ workspaceId }, "spend", 6_000_000);
    await counting.turn();
    gateOf().require({ workspaceId }, "spend", 0);
    expect(await alertsOf(house)).toEqual([
      ["spend", 80, 6_000_000, "open"],
      ["spend", 100, 6_000_000, "open"],
    ]);
  });

  test("are mailed again when the mail could not be sent", async () => {
    const { workspaceId, owner } = await makeHouse(world());
    const email = owner.actor.kind === "user" ? owner.actor.email : "";
    // Mail of the test before may still be on its way.
    const mails = (): number => world().outbox.filter(({ to }) => to === email).length;
    const send = async (): Promise<void> => {
      throw new Error("no mail server");
    };
    await setQuotas(
      { ...admin, mail: { ...world().mail, send } },
      workspaceId,
      quota("records", "now", 0),
    );
    expect(mails()).toBe(0);
    expect(await mailAlerts(world())).toBe(0);
    world().setClock(new Date(Date.now() + 11 * 60_000));
    expect(await mailAlerts(world())).toBe(2);
    expect(mails()).toBe(2);
    expect(await mailAlerts(world())).toBe(0);
  });
});

function use(place: PlaceOfUse, resource: LimitedResource, amount: number): void {
  gateOf().count({ place, resource, amount, by: admin.actor });
}

function gateOf() {
  return world().parts.of(usageGate);
}

describe("setting quotas", () => {
  test("is for administrators, of workspaces that are there", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const some = quota("requests", "day", 1);
    expect(await codeOf(setQuotas(owner, workspaceId, some))).toBe(
      "identity.administrator-required",
    );
    expect(await codeOf(setQuotas(admin, "wsp00000000000000", some))).toBe(
      "workspaces.not-found-or-not-allowed",
    );
    const editor = await makeMember(world(), { workspaceId }, "editor");
    expect(await codeOf(readQuotas(editor, workspaceId))).toBe("workspaces.not-permitted");
    expect(await codeOf(listAlerts(editor, workspaceId))).toBe("workspaces.not-permitted");
  });

  test("below what is used is reached at once, and taking it away frees at once", async () => {
    const house = await makeHouse(world());
    const { workspaceId, baseId, owner } = house;
    holdings.set(baseId, { records: 50, storage: 0, txn: 1 });
    await setQuotas(admin, workspaceId, quota("records", "now", 10));
    expect((await readQuotas(owner, workspaceId)).quotas[0]).toMatchObject({
      used: 50,
      limit: 10,
      state: "reached",
    });
    expect(await codeOf(() => gateOf().require({ baseId }, "records", 1))).toBe(
      "kernel.quota-exceeded",
    );
    expect(await setQuotas(admin, workspaceId, [])).toEqual({ quotas: [] });
    gateOf().require({ baseId }, "records", 1_000_000);
  });

  test.each([
    [{ resource: "records", period: "day", limit: 1 }],
    [{ resource: "requests", period: "now", limit: 1 }],
    [{ resource: "requests", period: "week", limit: 1 }],
    [{ resource: "love", period: "day", limit: 1 }],
    [{ resource: "requests", period: "day", limit: -1 }],
    [{ resource: "requests", period: "day", limit: 1.5 }],
    [{ resource: "requests", period: "day", limit: 1e300 }],
    [{ resource: "requests", period: "day" }],
  ])("of %j is no quota", (wrong) => {
    expect(quotasBody.safeParse({ quotas: [wrong] }).success).toBe(false);
  });
});
