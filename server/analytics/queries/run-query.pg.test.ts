import { analyticsAnswer, analyticsQuery, type AnalyticsAnswer } from "@basalt/contract";
import { beforeAll, describe, expect, test } from "vitest";
import type { Scope } from "#kernel";
import { testWorld } from "../../kernel/testing/world.ts";
import { byKey, makeHouse, makeMember, makeUser } from "../../workspaces/testing/people.ts";
import { takeEvents } from "../events/take-events.ts";
import { codeOf } from "../testing/counting.ts";
import { runQuery } from "./run-query.ts";

const world = testWorld();
let owner: Scope;
let workspaceId: string;

interface Sent {
  readonly at: string;
  readonly name: string;
  readonly user?: string;
  readonly properties?: unknown;
}

/** Sends events at their own moments, as if each had been sent then. */
async function send(scope: Scope, to: string | undefined, events: readonly Sent[]): Promise<void> {
  try {
    for (const { at, name, user, properties } of events) {
      world().setClock(new Date(at));
      await takeEvents(scope, {
        workspaceId: to,
        events: [
          { name, ...(user && { userId: user }), ...(properties !== undefined && { properties }) },
        ],
      });
    }
  } finally {
    world().setClock(null);
  }
}

async function ask(query: object, scope: Scope = owner): Promise<AnalyticsAnswer> {
  const answer = await runQuery(scope, analyticsQuery.parse({ workspaceId, ...query }));
  // The wire shape holds for every answer.
  expect(analyticsAnswer.safeParse(structuredClone(answer)).error).toBeUndefined();
  return answer;
}

const march = { from: "2026-03-01T00:00:00Z", to: "2026-04-01T00:00:00Z" };

beforeAll(async () => {
  ({ owner, workspaceId } = await makeHouse(world()));
  await send(owner, workspaceId, [
    { at: "2026-03-02T10:00:00Z", name: "view", user: "a", properties: { plan: "pro", n: 5 } },
    { at: "2026-03-02T10:00:30Z", name: "view", user: "b", properties: { plan: "free", n: "5" } },
    { at: "2026-03-02T23:30:00Z", name: "view", user: "a", properties: { plan: "pro", n: 50 } },
    { at: "2026-03-03T11:00:00Z", name: "buy", user: "a", properties: { plan: "pro" } },
    {
      at: "2026-03-10T09:00:00Z",
      name: "view",
      user: "c",
      properties: { __proto__: 1, plan: null },
    },
    { at: "2026-03-28T12:00:00Z", name: "view" },
  ]);
  const other = await makeHouse(world());
  await send(other.owner, other.workspaceId, [
    { at: "2026-03-02T10:00:00Z", name: "view", user: "x", properties: { plan: "secret" } },
  ]);
});

describe("counts", () => {
  test("fall into days of a time zone, empty ones too", async () => {
    const utc = await ask({
      kind: "counts",
      from: "2026-03-02T00:00:00Z",
      to: "2026-03-05T00:00:00Z",
    });
    expect(utc).toEqual({
      kind: "counts",
      buckets: ["2026-03-02T00:00:00.000Z", "2026-03-03T00:00:00.000Z", "2026-03-04T00:00:00.000Z"],
      series: [{ group: null, total: 4, values: [3, 1, 0] }],
      moreGroups: false,
    });
    const berlin = await ask({
      kind: "counts",
      from: "2026-03-01T23:00:00Z",
      to: "2026-03-04T23:00:00Z",
      timeZone: "Europe/Berlin",
    });
    expect(berlin).toMatchObject({
      buckets: ["2026-03-01T23:00:00.000Z", "2026-03-02T23:00:00.000Z", "2026-03-03T23:00:00.000Z"],
      series: [{ values: [2, 2, 0] }],
    });
  });

  test("keep their days when the clocks change, and their hours", async () => {
    const over = { kind: "counts", timeZone: "Europe/Berlin" };
    const days = await ask({
      ...over,
      from: "2026-03-27T23:00:00Z",
      to: "2026-03-30T22:00:00Z",
    });
    expect(days).toMatchObject({
      buckets: ["2026-03-27T23:00:00.000Z", "2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z"],
      series: [{ values: [1, 0, 0] }],
    });
    const hours = await ask({
      ...over,
      bucket: "hour",
      from: "2026-03-28T23:00:00Z",
      to: "2026-03-29T22:00:00Z",
    });
    expect("buckets" in hours && hours.buckets).toHaveLength(23);
  });

  test("of users count each once in a bucket and once in all", async () => {
    expect(
      await ask({ kind: "counts", ...march, bucket: "month", measure: "users" }),
    ).toMatchObject({
      series: [{ total: 3, values: [3] }],
    });
    const days = await ask({
      kind: "counts",
      from: "2026-03-02T00:00:00Z",
      to: "2026-03-04T00:00:00Z",
      measure: "users",
    });
    expect(days).toMatchObject({ series: [{ total: 2, values: [2, 1] }] });
  });

  test("are grouped by name or property, the largest first", async () => {
    expect(await ask({ kind: "counts", ...march, bucket: null, groupBy: "name" })).toMatchObject({
      buckets: ["2026-03-01T00:00:00.000Z"],
      series: [
        { group: "view", total: 5, values: [5] },
        { group: "buy", total: 1, values: [1] },
      ],
    });
    const plans = { kind: "counts", ...march, bucket: null, groupBy: { property: "plan" } };
    expect(await ask(plans)).toMatchObject({
      series: [
        { group: "pro", total: 3 },
        { group: null, total: 2 },
        { group: "free", total: 1 },
      ],
      moreGroups: false,
    });
    expect(await ask({ ...plans, top: 1 })).toMatchObject({
      series: [{ group: "pro" }],
      moreGroups: true,
    });
  });

  test.each([
    [[{ property: "plan", operator: "is", value: "pro" }], 3],
    [[{ property: "plan", operator: "isNot", value: "pro" }], 3],
    [[{ property: "n", operator: "is", value: 5 }], 1],
    [[{ property: "n", operator: "is", value: "5" }], 1],
    [[{ property: "n", operator: "isAnyOf", values: [5, "5", true] }], 2],
    [[{ property: "n", operator: "above", value: 5 }], 1],
    [[{ property: "n", operator: "below", value: 6 }], 1],
    [[{ property: "plan", operator: "exists" }], 5],
    [[{ property: "plan", operator: "isMissing" }], 1],
    [
      [
        { property: "plan", operator: "is", value: "pro" },
        { property: "n", operator: "exists" },
      ],
      2,
    ],
    [[{ property: "' or true --", operator: "isMissing" }], 6],
    [[{ property: "__proto__", operator: "exists" }], 0],
    [[{ property: "plan", operator: "is", value: "pro' or '1'='1" }], 0],
  ])("where %j holds are %i", async (filters, total) => {
    const answer = await ask({ kind: "counts", ...march, bucket: null, filters });
    const series = "series" in answer ? answer.series : [];
    expect(series[0]?.total ?? 0).toBe(total);
  });
});

describe("a funnel", () => {
  test("follows each user through the steps in order and in time", async () => {
    const { owner: scope, workspaceId: place } = await makeHouse(world());
    const at = (minutes: number): string =>
      new Date(Date.UTC(2026, 2, 2, 10, minutes)).toISOString();
    await send(scope, place, [
      { at: at(0), name: "open", user: "fast" },
      { at: at(1), name: "fill", user: "fast" },
      { at: at(3), name: "pay", user: "fast" },
      // Begins again: the second beginning is the one that comes in time.
      { at: at(0), name: "open", user: "again" },
      { at: at(100), name: "open", user: "again" },
      { at: at(101), name: "fill", user: "again" },
      { at: at(109), name: "pay", user: "again" },
      { at: at(0), name: "open", user: "slow" },
      { at: at(5), name: "fill", user: "slow" },
      { at: at(200), name: "pay", user: "slow" },
      { at: at(1), name: "fill", user: "backwards" },
      { at: at(2), name: "open", user: "backwards" },
      { at: at(2), name: "pay", user: "out of nowhere" },
      { at: at(0), name: "open" },
    ]);
    const query = {
      kind: "funnel",
      workspaceId: place,
      ...march,
      windowHours: 0.5,
      steps: [{ event: "open" }, { event: "fill" }, { event: "pay" }],
    };
    expect(await ask(query, scope)).toEqual({
      kind: "funnel",
      steps: [
        { event: "open", users: 4, share: 1, medianS: null },
        { event: "fill", users: 3, share: 0.75, medianS: 60 },
        { event: "pay", users: 2, share: 0.5, medianS: 360 },
      ],
    });
  });

  test("may take one kind of event for two steps, told apart by a property", async () => {
    const steps = [
      { event: "view", filters: [{ property: "n", operator: "is", value: 5 }] },
      { event: "view", filters: [{ property: "n", operator: "above", value: 5 }] },
    ];
    expect(await ask({ kind: "funnel", ...march, steps })).toMatchObject({
      steps: [{ users: 1 }, { users: 1, share: 1 }],
    });
    const same = [{ event: "view" }, { event: "view" }];
    expect(await ask({ kind: "funnel", ...march, steps: same })).toMatchObject({
      steps: [{ users: 3 }, { users: 1 }],
    });
  });

  test("without anybody in it has shares of nothing", async () => {
    const steps = [{ event: "never" }, { event: "buy" }];
    expect(await ask({ kind: "funnel", ...march, steps })).toMatchObject({
      steps: [
        { users: 0, share: 0, medianS: null },
        { users: 0, share: 0, medianS: null },
      ],
    });
  });
});

describe("retention", () => {
  test("tells by cohort how many came back", async () => {
    const { owner: scope, workspaceId: place } = await makeHouse(world());
    const on = (day: number, user: string, name = "use"): Sent => ({
      at: `2026-03-${String(day).padStart(2, "0")}T12:00:00Z`,
      name,
      user,
    });
    await send(scope, place, [
      on(2, "a", "join"),
      on(3, "a"),
      on(10, "a"),
      on(2, "b", "join"),
      on(9, "c", "join"),
      on(17, "c"),
      on(17, "c"),
      on(18, "stranger"),
    ]);
    const query = {
      kind: "retention",
      workspaceId: place,
      ...march,
      start: { event: "join" },
      periods: 2,
    };
    expect(await ask(query, scope)).toEqual({
      kind: "retention",
      cohorts: [
        { start: "2026-03-02T00:00:00.000Z", users: 2, returned: [2, 1, 0] },
        { start: "2026-03-09T00:00:00.000Z", users: 1, returned: [1, 1, 0] },
      ],
    });
    expect(
      await ask({ ...query, period: "day", back: { event: "use" }, periods: 1 }, scope),
    ).toMatchObject({
      cohorts: [
        { start: "2026-03-02T00:00:00.000Z", users: 2, returned: [0, 1] },
        { start: "2026-03-09T00:00:00.000Z", users: 1, returned: [0, 0] },
      ],
    });
  });
});

describe("leave", () => {
  const query = analyticsQuery.parse({ kind: "counts", workspaceId: null, ...march });
  const of = (place: string) => ({ ...query, workspaceId: place });

  test("is a creator's, and asks a key for its scope", async () => {
    const editor = await makeMember(world(), { workspaceId }, "editor");
    const stranger = await makeUser(world());
    expect(await codeOf(runQuery(editor, of(workspaceId)))).toBe("workspaces.not-permitted");
    expect(await codeOf(runQuery(stranger, of(workspaceId)))).toBe(
      "workspaces.not-found-or-not-allowed",
    );
    const { actor } = owner;
    if (actor.kind === "user") {
      const key = byKey({ ...owner, actor }, { scopes: ["events:write"] });
      expect(await codeOf(runQuery(key, of(workspaceId)))).toBe("workspaces.scope-missing");
    }
  });

  test("to ask about the instance is an administrator's", async () => {
    await send(owner, undefined, [{ at: "2026-03-02T10:00:00Z", name: "of the instance" }]);
    expect(await codeOf(runQuery(owner, query))).toBe("identity.administrator-required");
    const admin = await makeUser(world(), { admin: true });
    expect(await runQuery(admin, query)).toMatchObject({ series: [{ total: 1 }] });
  });
});

test.each([
  [{ from: march.to, to: march.from }, "analytics.range"],
  [{ from: "2020-01-01T00:00:00Z", to: march.to }, "analytics.range"],
  [{ ...march, bucket: "minute" }, "analytics.too-many-buckets"],
])("%j is refused", async (asked, code) => {
  expect(await codeOf(ask({ kind: "counts", ...asked }))).toBe(code);
});

test.each([
  { kind: "counts", ...march, bucket: "second" },
  { kind: "counts", ...march, timeZone: "Mars/Olympus" },
  { kind: "counts", ...march, timeZone: "'; drop table x" },
  { kind: "counts", from: "now", to: march.to },
  { kind: "counts", ...march, top: 0 },
  { kind: "counts", ...march, groupBy: { property: "a\0" } },
  { kind: "counts", ...march, filters: [{ property: "a", operator: "is", value: "\ud800" }] },
  { kind: "counts", ...march, filters: [{ property: "a", operator: "matches", value: "x" }] },
  { kind: "funnel", ...march, steps: [{ event: "one" }] },
  { kind: "funnel", ...march, steps: [{ event: "a" }, { event: "b" }], windowHours: 1e9 },
  { kind: "retention", ...march, start: { event: "a" }, periods: 61 },
  { kind: "everything", ...march },
])("%j is no question", (query) => {
  expect(analyticsQuery.safeParse({ workspaceId, ...query }).success).toBe(false);
});
