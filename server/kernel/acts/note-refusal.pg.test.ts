import { afterEach, expect, test } from "vitest";
import { closeActs, noteRefusal, sql } from "../index.ts";
import { testWorld } from "../testing/world.ts";

const world = testWorld();

interface Told {
  readonly target: string | null;
  readonly address: string;
  readonly times: number;
}

const told = async (act: string): Promise<Told[]> =>
  world().db.all<Told>(sql`
    select target_id as target, address, times from acts.entries
    where act = ${act} and outcome = 'refused' and reason = 'test.wrong' order by seq`);

const refuse = async (act: `test.${string}`, id: string, address = "192.0.2.1"): Promise<void> =>
  noteRefusal(world().scopeFor({ kind: "anonymous" }, { address }), {
    act,
    reason: "test.wrong",
    target: { kind: "user", id },
  });

afterEach(() => world().setClock(null));

test("the first refusal is a row at once; those of the same kind are counted and told by one more", async () => {
  for (let tries = 0; tries < 50; tries += 1) {
    await refuse("test.same", "usr1");
  }
  expect(await told("test.same")).toEqual([{ target: "usr1", address: "192.0.2.1", times: 1 }]);
  await closeActs(world());
  expect((await told("test.same")).map(({ times }) => times)).toEqual([1, 49]);
});

test("ten thousand kinds fill no disk, and each refusal is counted", async () => {
  for (let tries = 0; tries < 10_000; tries += 1) {
    await refuse("test.many", `usr${tries}`, `192.0.2.${tries % 250}`);
  }
  await closeActs(world());
  const rows = await told("test.many");
  expect(rows.length).toBeLessThanOrEqual(205);
  expect(rows.reduce((sum, { times }) => sum + times, 0)).toBe(10_000);
  expect(rows.at(-1)).toMatchObject({ target: null, address: "" });
});

test("a refusal in a transaction that is rolled back is written all the same", async () => {
  const failing = world().db.transaction(async (db) => {
    await noteRefusal(
      { ...world().scopeFor({ kind: "anonymous" }), db },
      { act: "test.rolled-back", reason: "test.wrong" },
    );
    throw new Error("rolled back");
  });
  await expect(failing).rejects.toThrow("rolled back");
  await closeActs(world());
  expect(await told("test.rolled-back")).toHaveLength(1);
});
