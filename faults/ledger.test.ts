import { describe, expect, test } from "vitest";
import { type Found, type FoundRecord, Ledger, type Write } from "./ledger.ts";

const created = (more: Partial<Write> = {}): Write => ({
  batch: "b",
  deed: { kind: "create", size: 2, project: "p" },
  key: undefined,
  outcome: "done",
  ...more,
});
const set = (value: number, outcome: Write["outcome"] = "done"): Write => ({
  batch: "b",
  deed: { kind: "set", value },
  key: undefined,
  outcome,
});
const record = (id: string, value = 0): FoundRecord => ({ id, batch: "b", value, project: "p" });

function found(records: readonly FoundRecord[], more: Partial<Found> = {}): Found {
  return {
    records,
    linked: new Map([["p", records.map(({ id }) => id)]]),
    changes: [{ txn: 1, recordIds: records.map(({ id }) => id) }],
    ...more,
  };
}

function violations(writes: readonly Write[], shown: Found): readonly string[] {
  const ledger = new Ledger();
  writes.forEach((write) => ledger.add(write));
  return ledger.violations(shown);
}

describe("what is well", () => {
  test.each([
    ["an answered batch is there", [created()], found([record("1"), record("2")])],
    [
      "an unanswered batch is there",
      [created({ outcome: "unknown" })],
      found([record("1"), record("2")]),
    ],
    ["an unanswered batch is not there", [created({ outcome: "unknown" })], found([])],
    [
      "an unanswered change happened",
      [created(), set(7, "unknown")],
      found([record("1", 7), record("2", 7)]),
    ],
    [
      "an unanswered change did not",
      [created(), set(7, "unknown")],
      found([record("1"), record("2")]),
    ],
    [
      "a deleted batch is gone",
      [created(), { ...set(0), deed: { kind: "delete" } }],
      found([], { changes: [{ txn: 1, recordIds: ["1", "2"] }] }),
    ],
  ] as const)("%s", (_what, writes, shown) => {
    expect(violations(writes, shown)).toEqual([]);
  });
});

describe("what is not", () => {
  const two = [record("1"), record("2")];
  test.each([
    ["a lost batch", [created()], found([]), "0 records"],
    ["half a batch", [created({ outcome: "unknown" })], found([record("1")]), "1 records"],
    ["a batch twice", [created()], found([...two, record("3"), record("4")]), "4 records"],
    ["half a change", [created(), set(7)], found([record("1", 7), record("2")]), "with 7, 0"],
    ["a lost change", [created(), set(7)], found(two), "2 records with 0, must be 2 with 7"],
    ["a batch of nobody", [], found(two), "never asked for"],
    ["other ids", [created({ ids: ["1", "9"] })], found(two), "other ids"],
    ["a one-sided link", [created()], found(two, { linked: new Map([["p", ["1"]]]) }), "names 1"],
    [
      "a gap",
      [created()],
      found(two, {
        changes: [
          { txn: 1, recordIds: ["1", "2"] },
          { txn: 3, recordIds: [] },
        ],
      }),
      "from transaction 1 to 3",
    ],
    [
      "a write that the feed does not tell",
      [created({ txn: 2, ids: ["1", "2"] })],
      found(two),
      "transaction 2 of the feed lacks",
    ],
    ["a silent record", [created()], found(two, { changes: [] }), "2 records were never"],
  ] as const)("%s", (...[, writes, shown, text]) => {
    expect(violations(writes, shown).join("\n")).toContain(text);
  });
});
