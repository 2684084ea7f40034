import { describe, expect, test } from "vitest";
import { Problem, sql } from "../index.ts";
import { testWorld } from "../testing/world.ts";

const world = testWorld();

describe("the database", () => {
  test("sends several statements in one round trip and gives text rows of each", async () => {
    const rows = await world().db.pipeline([
      sql`select ${1}::int, ${null}::text`,
      sql`select ${"é"}::text`,
    ]);
    expect(rows).toEqual([[["1", null]], [["é"]]]);
  });

  test("rolls a pipeline back whole and leaves the connection usable", async () => {
    await world().db.script("create table public.t (a int)");
    await expect(
      world().db.pipeline([sql`insert into public.t values (1)`, sql`select 1 / ${0}::int`]),
    ).rejects.toThrow("division by zero");
    expect(await world().db.one(sql`select count(*)::int as n from public.t`)).toEqual({ n: 0 });
    await expect(world().db.text(sql`select nonsense`)).rejects.toThrow("nonsense");
    expect(await world().db.text(sql`select 1`)).toEqual([["1"]]);
  });

  test("parses a statement again after it failed to parse the first time", async () => {
    const statement = sql`select a from public.later`;
    await expect(world().db.text(statement)).rejects.toThrow("does not exist");
    await world().db.script(
      "create table public.later (a int); insert into public.later values (7)",
    );
    expect(await world().db.text(statement)).toEqual([["7"]]);
  });

  test("a nested transaction joins; a failed attempt undoes only itself; callbacks run after the commit only", async () => {
    await world().db.script("create table public.n (a int)");
    const told: string[] = [];
    await world().db.transaction(async (tx) => {
      await tx.transaction(async (inner) => inner.run(sql`insert into public.n values (1)`));
      tx.afterCommit(() => told.push("kept"));
      await expect(
        tx.attempt(async () => {
          await tx.run(sql`insert into public.n values (2)`);
          tx.afterCommit(() => told.push("undone"));
          throw new Error("no");
        }),
      ).rejects.toThrow("no");
      expect(told).toEqual([]);
    });
    expect(told).toEqual(["kept"]);
    expect(await world().db.all(sql`select a from public.n`)).toEqual([{ a: 1 }]);
  });

  test("runs statements of one transaction in order also when they are started together", async () => {
    const answers = await world().db.transaction(async (tx) =>
      Promise.all([tx.one(sql`select 1 as a`), tx.text(sql`select 2`), tx.one(sql`select 3 as a`)]),
    );
    expect(answers).toEqual([{ a: 1 }, [["2"]], { a: 3 }]);
  });

  test("gives the connection back when the work throws something of its own", async () => {
    for (let turn = 0; turn < 20; turn += 1) {
      await expect(
        world().db.transaction(async () => {
          throw new Problem("invalid", "test.no", { message: "no" });
        }),
      ).rejects.toThrow("no");
    }
    expect(world().db.usage().waiting).toBe(0);
  });

  test("names what the caller can do nothing about as unavailable", async () => {
    const ended = world().db.transaction(async (tx) => {
      await tx.run(sql`select pg_terminate_backend(pg_backend_pid())`);
    });
    await expect(ended).rejects.toMatchObject({ code: "kernel.database-unavailable" });
    expect(await world().db.one(sql`select 1 as a`)).toEqual({ a: 1 });
  });
});

describe("signals", () => {
  test("reach a second process once the transaction has committed, and never when it rolled back", async () => {
    const { openTestWorld } = await import("../testing/world.ts");
    const second = await openTestWorld({ url: world().url });
    try {
      const heard: string[] = [];
      const first = Promise.withResolvers<void>();
      second.signals.listen("test.topic", (key) => {
        heard.push(key);
        first.resolve();
      });
      await expect(
        world().db.transaction(async (tx) => {
          await world().signals.send(tx, "test.topic", "lost");
          throw new Error("rolled back");
        }),
      ).rejects.toThrow("rolled back");
      await world().db.transaction(async (tx) => world().signals.send(tx, "test.topic", "kept"));
      await first.promise;
      expect(heard).toEqual(["kept"]);
    } finally {
      await second.close();
    }
  });
});
