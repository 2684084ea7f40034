import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Problem, sql, type Scope } from "#kernel";
import { openTestWorld, testWorld } from "../../kernel/testing/world.ts";
import { byKey, makeHouse, makeMember, makeUser } from "../../workspaces/testing/people.ts";
import { eventRow, type EventRow } from "./event-row.ts";
import { keepEventPartitions, keepEvents } from "./keep-partitions.ts";
import { listPartitions } from "./partitions.sql.ts";
import { setEventPolicy } from "./policy.ts";
import { EventBuffer, eventBuffer } from "./event-buffer.ts";
import { takeEvents } from "./take-events.ts";

const world = testWorld();
const DAY_MS = 24 * 3_600_000;

interface Stored {
  readonly id: string;
  readonly at: Date;
  readonly clock: string | null;
  readonly properties: unknown;
  readonly client_time: Date | null;
}

function storedIn(workspaceId: string): Promise<Stored[]> {
  return world().db.all<Stored>(
    sql`select id, at, clock, properties, client_time from analytics.events where workspace_id = ${workspaceId} order by id`,
  );
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof Problem ? error.code : String(error);
}

const take = (scope: Scope, workspaceId: string, ...events: unknown[]) =>
  takeEvents(scope, { workspaceId, events });

describe("events", () => {
  test("are stored with our time, and what the caller says of them", async () => {
    await keepEventPartitions(world());
    const { owner, workspaceId } = await makeHouse(world());
    const taken = await take(
      owner,
      workspaceId,
      { id: "a", name: "opened", properties: { plan: "pro", nested: { deep: [1, 2] } } },
      { name: "closed", userId: "u1", sessionId: "s1", anonymousId: "b\\1" },
    );
    expect(taken).toEqual({ accepted: 2, duplicates: 0, durable: true, rejected: [] });
    const rows = await storedIn(workspaceId);
    expect(rows).toHaveLength(2);
    expect(rows.find(({ id }) => id === "a")?.properties).toEqual({
      plan: "pro",
      nested: { deep: [1, 2] },
    });
  });

  test("that are not valid are named, and the others stored", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const deep = { a: { b: { c: { d: { e: { f: 1 } } } } } };
    const bad: Record<string, unknown> = {
      "no name": {},
      "no object": 5,
      nothing: null,
      list: [],
      "a name of nothing": { name: "" },
      "a long name": { name: "n".repeat(101) },
      "a name with a line feed": { name: "a\nb" },
      NUL: { name: "x", properties: { text: "a\0b" } },
      "NUL in a name": { name: "x", properties: { "a\0": 1 } },
      "half a pair": { name: "x", properties: { text: "\ud83d" } },
      "half a pair in a list": { name: "x", properties: { list: [{ a: "\udc00" }] } },
      "a huge number": { name: "x", properties: JSON.parse('{"n":1e999}') },
      "a whole number that loses digits": {
        name: "x",
        properties: JSON.parse('{"n":12345678901234567890}'),
      },
      deep: { name: "x", properties: deep },
      wide: {
        name: "x",
        properties: Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`p${at}`, at])),
      },
      many: { name: "x", properties: { list: Array.from({ length: 501 }, () => 1) } },
      large: { name: "x", properties: { text: "x".repeat(20_000) } },
      "properties that are a list": { name: "x", properties: [1] },
      "an unknown key": { name: "x", colour: "red" },
      "a time that is none": { name: "x", clientTime: "yesterday" },
      "a time without a zone": { name: "x", clientTime: "2026-01-01T00:00:00" },
      "another's workspace that is none": { name: "x", workspaceId: "wsp" },
      "a key of the prototype": JSON.parse('{"name":"x","__proto__":{"y":1}}'),
    };
    const events = [{ name: "first" }, ...Object.values(bad), { name: "last" }];
    const { accepted, rejected } = await take(owner, workspaceId, ...events);
    expect(accepted).toBe(2);
    const names = Object.keys(bad);
    expect(rejected.map(({ index }) => names[index - 1])).toEqual(names);
    expect(rejected.every(({ fields }) => Object.keys(fields).length > 0)).toBe(true);
    expect(await storedIn(workspaceId)).toHaveLength(2);
    expect(await codeOf(take(owner, workspaceId, {}))).toBe("analytics.no-valid-event");
  });

  test("whose properties are any JSON are named or come back as they were", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const objects = fc.dictionary(
      fc.oneof(
        { weight: 19, arbitrary: fc.string({ unit: "grapheme", maxLength: 20 }) },
        { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
      ),
      fc.jsonValue({ depthSize: "small" }),
      { maxKeys: 8, noNullPrototype: true },
    );
    let stored = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(objects, { minLength: 1, maxLength: 20 }), async (all) => {
        await world().db.run(sql`delete from analytics.events where workspace_id = ${workspaceId}`);
        const events = all.map((properties, at) => ({ id: `e${at}`, name: "x", properties }));
        const taken = await takeEvents(owner, { workspaceId, events }).catch((error: unknown) => {
          expect(error).toMatchObject({ code: "analytics.no-valid-event" });
          return { rejected: events.map((_event, index) => ({ index })) };
        });
        const bad = new Set(taken.rejected.map(({ index }) => `e${index}`));
        const rows = new Map((await storedIn(workspaceId)).map((row) => [row.id, row.properties]));
        expect(rows.size + bad.size).toBe(events.length);
        stored += rows.size;
        for (const { id, properties } of events.filter((event) => !bad.has(event.id))) {
          expect(rows.get(id)).toEqual(JSON.parse(JSON.stringify(properties)));
        }
      }),
      { numRuns: 60 },
    );
    expect(stored).toBeGreaterThan(100);
  });

  test("keep any text and any name of a property", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const properties: unknown = JSON.parse(
      '{"__proto__":{"polluted":true},"constructor":"c","tab\\t":"a\\tb\\nc\\\\.\\\\N","":"empty","🐘":"\\u007f\'\\"","n":-0.1,"none":null,"yes":true}',
    );
    await take(owner, workspaceId, { id: "\\.", name: "\\N", properties, userId: "a\\b" });
    const [row] = await storedIn(workspaceId);
    expect(JSON.stringify(row?.properties)).toContain('"__proto__"');
    expect(Object.keys(row?.properties ?? {}).toSorted()).toEqual(
      Object.keys(properties as object).toSorted(),
    );
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test("are believed about their time within bounds", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const now = new Date("2026-06-10T12:00:00.000Z");
    world().setClock(now);
    try {
      await keepEventPartitions(world());
      const at = (ms: number): string => new Date(now.getTime() + ms).toISOString();
      await take(
        owner,
        workspaceId,
        { id: "1 just late", name: "x", clientTime: at(-6.9 * DAY_MS) },
        { id: "2 too late", name: "x", clientTime: at(-7.1 * DAY_MS) },
        { id: "3 a little early", name: "x", clientTime: at(60_000) },
        { id: "4 too early", name: "x", clientTime: at(DAY_MS) },
        { id: "5 another zone", name: "x", clientTime: "2026-06-10T13:00:00+02:00" },
        { id: "6 before the calendar", name: "x", clientTime: "0000-01-01T00:00:00Z" },
        { id: "7 after it", name: "x", clientTime: "9999-12-31T23:59:59-12:00" },
      );
      const rows = await storedIn(workspaceId);
      expect(rows.map(({ at: stored, clock }) => [stored.toISOString(), clock])).toEqual([
        [at(-6.9 * DAY_MS), null],
        [now.toISOString(), "late"],
        [now.toISOString(), null],
        [now.toISOString(), "early"],
        ["2026-06-10T11:00:00.000Z", null],
        [now.toISOString(), "late"],
        [now.toISOString(), "early"],
      ]);
      expect(rows[1]?.client_time?.toISOString()).toBe(at(-7.1 * DAY_MS));
      expect(rows[5]?.client_time).toBeNull();
    } finally {
      world().setClock(null);
    }
  });

  test("count once by their id: in a call, in calls at once, in another process, past midnight", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const event = { id: "once", name: "x" };
    expect(await take(owner, workspaceId, event, event)).toMatchObject({
      accepted: 2,
      duplicates: 1,
    });
    const calls = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        take(owner, workspaceId, event, { id: `of ${at}`, name: "x" }, { id: "shared", name: "x" }),
      ),
    );
    expect(calls.reduce((sum, { duplicates = 0 }) => sum + duplicates, 0)).toBe(20 + 19);
    const other = await openTestWorld({ url: world().url });
    try {
      const there = { ...other.scopeFor(owner.actor) };
      const racing = { id: "race", name: "x" };
      const raced = await Promise.all([
        ...Array.from({ length: 10 }, () => take(owner, workspaceId, racing)),
        ...Array.from({ length: 10 }, () => take(there, workspaceId, racing)),
      ]);
      expect(raced.reduce((sum, { duplicates = 0 }) => sum + duplicates, 0)).toBe(19);
    } finally {
      await other.close();
    }
    const { workspaceId: elsewhere } = await makeHouse(world());
    expect(
      await takeEvents(world().scopeFor({ ...owner.actor }), { workspaceId, events: [event] }),
    ).toMatchObject({ duplicates: 1 });
    expect(elsewhere).not.toBe(workspaceId);
    try {
      world().setClock(new Date("2026-06-10T23:59:59.000Z"));
      await keepEventPartitions(world());
      const late = { id: "midnight", name: "x" };
      expect(await take(owner, workspaceId, late)).toMatchObject({ duplicates: 0 });
      world().setClock(new Date("2026-06-11T00:00:30.000Z"));
      expect(await take(owner, workspaceId, late)).toMatchObject({ duplicates: 1 });
      world().setClock(new Date("2026-06-12T00:00:30.000Z"));
      expect(await take(owner, workspaceId, late)).toMatchObject({ duplicates: 0 });
    } finally {
      world().setClock(null);
    }
  });

  test("with one id in two workspaces are two", async () => {
    const one = await makeHouse(world());
    const other = await makeHouse(world());
    const event = { id: "same", name: "x" };
    expect(await take(one.owner, one.workspaceId, event)).toMatchObject({ duplicates: 0 });
    expect(await take(other.owner, other.workspaceId, event)).toMatchObject({ duplicates: 0 });
  });

  test("answered early are written all the same", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const taken = await takeEvents(owner, { workspaceId, events: [{ name: "x" }], early: true });
    expect(taken).toEqual({ accepted: 1, durable: false, rejected: [] });
    await world().parts.of(eventBuffer).drained();
    expect(await storedIn(workspaceId)).toHaveLength(1);
  });

  test("answered early outlive a database that is away for a moment", async () => {
    const { workspaceId } = await makeHouse(world());
    const other = await openTestWorld({ url: world().url });
    try {
      const { db } = other;
      let isAway = true;
      const copyIn: typeof db.copyIn = async (target, rows) => {
        if (isAway) {
          throw new Problem("unavailable", "kernel.database-unavailable", { message: "away" });
        }
        return db.copyIn(target, rows);
      };
      const flaky = { ...other, db: Object.assign(Object.create(db), { copyIn }) };
      const buffer = new EventBuffer(flaky);
      const row = (id: string): EventRow => {
        const now = world().now();
        const sending = { senderId: "usr", keyId: null, now, receivedAt: now.toISOString() };
        const made = eventRow({ id, name: "x" }, { workspaceId, ...sending });
        if (!("row" in made)) {
          throw new Error("the event is valid");
        }
        return made.row;
      };
      await expect(buffer.add([row("refused")])).rejects.toMatchObject({ kind: "unavailable" });
      buffer.promise([row("promised")], () => undefined);
      await Promise.resolve();
      isAway = false;
      await expect
        .poll(async () => (await storedIn(workspaceId)).map(({ id }) => id))
        .toEqual(["promised"]);
      isAway = true;
      buffer.promise([row("lost")], () => undefined);
      await buffer.drained();
      expect(await storedIn(workspaceId)).toHaveLength(1);
    } finally {
      await other.close();
    }
  });

  test("of a call with a key stand or fall with its transaction", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const events = [{ id: "k1", name: "x" }, { name: "y" }];
    await expect(
      world().db.transaction(async (tx) => {
        expect(await takeEvents({ ...owner, db: tx }, { workspaceId, events })).toMatchObject({
          accepted: 2,
          durable: true,
        });
        throw new Error("undone");
      }),
    ).rejects.toThrow("undone");
    expect(await storedIn(workspaceId)).toHaveLength(0);
  });

  test("find a partition although nobody made it", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    try {
      world().setClock(new Date("2027-01-15T10:00:00.000Z"));
      expect(await take(owner, workspaceId, { name: "x" })).toMatchObject({ accepted: 1 });
    } finally {
      world().setClock(null);
    }
    expect(await storedIn(workspaceId)).toHaveLength(1);
  });
});

describe("permission", () => {
  test("to send is every member's, and asks a key for its scope", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const reader = await makeMember(world(), { workspaceId }, "read-only");
    expect(await take(reader, workspaceId, { name: "x" })).toMatchObject({ accepted: 1 });
    const stranger = await makeUser(world());
    expect(await codeOf(take(stranger, workspaceId, { name: "x" }))).toBe(
      "workspaces.not-found-or-not-allowed",
    );
    const weak = byKey(owner, { scopes: ["data.records:read"] });
    expect(await codeOf(take(weak, workspaceId, { name: "x" }))).toBe("workspaces.scope-missing");
    expect(await codeOf(takeEvents(weak, { events: [{ name: "x" }] }))).toBe(
      "workspaces.scope-missing",
    );
    const narrow = byKey(owner, { scopes: ["events:write"], workspaces: [workspaceId] });
    expect(await take(narrow, workspaceId, { name: "x" })).toMatchObject({ accepted: 1 });
    expect(await codeOf(takeEvents(narrow, { events: [{ name: "x" }] }))).toBe(
      "workspaces.not-permitted",
    );
    const mixed = takeEvents(stranger, { events: [{ name: "mine" }, { name: "x", workspaceId }] });
    expect(await codeOf(mixed)).toBe("workspaces.not-found-or-not-allowed");
    const nobody = world().scopeFor({ kind: "anonymous" });
    expect(await codeOf(take(nobody, workspaceId, { name: "x" }))).toBe("kernel.not-signed-in");
  });
});

test("a drop and a shorter policy take what is old and nothing else", async () => {
  const { owner, workspaceId } = await makeHouse(world());
  const { owner: other, workspaceId: elsewhere } = await makeHouse(world());
  const at = (day: string): void => world().setClock(new Date(`2028-${day}T10:00:00Z`));
  try {
    for (const day of ["01-10", "02-10", "04-01"]) {
      at(day);
      await take(owner, workspaceId, { id: day, name: "x" });
      await take(other, elsewhere, { id: day, name: "x" });
    }
    await keepEvents(world().system);
    const [oldest] = await world().db.all<{ name: string }>(listPartitions());
    expect(oldest?.name).toBe("events_20280102");
    expect((await storedIn(workspaceId)).map(({ id }) => id)).toEqual(["01-10", "02-10", "04-01"]);
    at("04-15");
    await setEventPolicy(owner, workspaceId, { keepDays: 20 });
    expect(await keepEvents(world().system)).toBe(1);
    expect((await storedIn(workspaceId)).map(({ id }) => id)).toEqual(["04-01"]);
    expect((await storedIn(elsewhere)).map(({ id }) => id)).toEqual(["02-10", "04-01"]);
  } finally {
    world().setClock(null);
  }
});
