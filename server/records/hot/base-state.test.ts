import { expect, test } from "vitest";
import type { ChangeNotice } from "#kernel";
import { BaseState, Load } from "./base-state.ts";

const change = (txn: number, tableId = "tblA", records?: readonly string[]): ChangeNotice => ({
  baseId: "appA",
  txn,
  tables: [records === undefined ? { tableId } : { tableId, records }],
});

function readBase(at: number): BaseState {
  const base = new BaseState("appA");
  base.observe(at);
  base.wake(0);
  return base;
}

const page = (base: BaseState, tableId = "tblA"): Load => {
  const load = new Load(base, { tableId, isWide: false });
  base.loads.add(load);
  return load;
};

test("numbers in any order: steady only without a gap", () => {
  const base = readBase(5);
  expect(base.isSteady).toBe(true);
  base.apply(change(7));
  expect([base.known, base.heard, base.isSteady]).toEqual([5, 7, false]);
  base.apply(change(6));
  expect([base.known, base.txn, base.isSteady]).toEqual([7, "7", true]);
  base.apply(change(6));
  base.apply(change(3));
  expect([base.known, base.heard, base.isSteady]).toEqual([7, 7, true]);
});

test("a number that a read has shown is a gap until it is heard of", () => {
  const base = readBase(5);
  expect(base.observe(6)).toBe(true);
  expect(base.isSteady).toBe(false);
  base.apply(change(6));
  expect(base.isSteady).toBe(true);
  expect(base.observe(4)).toBe(false);
});

test("a change of the table during a read is written down, others are not", () => {
  const base = readBase(5);
  const [a, b] = [page(base), page(base, "tblB")];
  const record = new Load(base, { tableId: "tblA", recordId: "recX", isWide: false });
  const wide = new Load(base, { tableId: "tblC", isWide: true });
  base.loads.add(record).add(wide);
  base.apply(change(6, "tblA", ["recY"]));
  expect([a, b, record, wide].map(({ changedAt }) => changedAt)).toEqual([6, 0, 0, 6]);
  base.apply(change(7, "tblA", ["recX"]));
  base.apply(change(8, "tblB"));
  expect([a, b, record].map(({ changedAt }) => changedAt)).toEqual([7, 8, 7]);
});

test("what is read is as new as all that does not concern it", () => {
  const base = readBase(5);
  const load = page(base);
  base.apply(change(6, "tblB"));
  expect(load.newness(5)).toBe(6);
  base.apply(change(7, "tblA"));
  base.apply(change(8, "tblB"));
  // It does not hold 7: it is as new as what was known before that.
  expect(load.newness(5)).toBe(6);
  // It was read after 7.
  expect(load.newness(7)).toBe(8);
});

test("nobody joins a read that began before a change that concerns it", () => {
  const base = readBase(5);
  const load = page(base);
  expect(load.joinable).toBe(true);
  base.apply(change(6, "tblB"));
  expect(load.joinable).toBe(true);
  base.observe(7);
  // Something unknown has happened.
  expect(load.joinable).toBe(false);
  base.apply(change(7, "tblB"));
  expect(load.joinable).toBe(true);
  base.apply(change(8));
  expect(load.joinable).toBe(false);
});

test("the first number that is read makes what others read before it old", () => {
  const base = new BaseState("appA");
  const first = page(base);
  base.observe(6);
  expect(first.changedAt).toBe(6);
  expect(first.newness(5)).toBe(5);
  expect(base.allChangedAt).toBe(6);
});

test("changes before the first read: heard of while it runs, else of no interest", () => {
  const base = new BaseState("appA");
  base.apply(change(3));
  expect(base.heard).toBe(-1);
  const load = page(base);
  base.apply(change(4));
  base.apply(change(6));
  base.observe(4);
  expect([base.known, base.heard, base.isSteady]).toEqual([4, 6, false]);
  expect(load.changedAt).toBe(6);
  base.apply(change(5));
  expect(base.known).toBe(6);
});

test("a base that fell asleep is woken by a read that began later alone", () => {
  const base = readBase(5);
  const before = page(base);
  base.sleep();
  const after = page(base);
  expect([before.slumbers === base.slumbers, after.slumbers === base.slumbers]).toEqual([
    false,
    true,
  ]);
  expect(before.newness(5)).toBe(5);
});

test("too many numbers above a gap: everything counts as old", () => {
  const base = readBase(1);
  const { generation } = base;
  for (let txn = 3; txn < 1_010; txn += 1) {
    base.apply(change(txn));
  }
  expect(base.generation).toBeGreaterThan(generation);
  expect(base.isSteady).toBe(true);
});
