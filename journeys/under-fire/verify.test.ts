import { describe, expect, test } from "vitest";
import type {
  GuestSeen,
  PageSeen,
  RecordSeen,
  RightSeen,
  Seen,
  Versions,
  WriteSeen,
} from "./history.ts";
import { violations } from "./verify.ts";

// One record: made in 1, changed in 3, deleted in 5. Another: made in 2.
const versions: Versions = new Map([
  [
    "recA",
    [
      { txn: 1, value: 10 },
      { txn: 3, value: 11 },
      { txn: 5, value: undefined },
    ],
  ],
  ["recB", [{ txn: 2, value: 20 }]],
]);

const common = { client: 0, process: 0, connection: "c0", startMs: 100, endMs: 101, status: 200 };
const write = (over: Partial<WriteSeen>): WriteSeen => ({ ...common, kind: "write", ...over });
const record = (over: Partial<RecordSeen>): RecordSeen => ({
  ...common,
  kind: "record",
  recordId: "recA",
  value: 11,
  ...over,
});
const page = (values: Record<string, number>, over: Partial<PageSeen> = {}): PageSeen => ({
  ...common,
  kind: "page",
  values: new Map(Object.entries(values)),
  ...over,
});

describe("a look must equal the table after one transaction", () => {
  test.each<[string, Seen]>([
    ["a record between two changes", record({ value: 10, txn: 2 })],
    ["a record that is deleted", record({ status: 404, value: undefined, txn: 5 })],
    ["a record that is not made yet", record({ status: 404, value: undefined, txn: 0 })],
    ["a page of one moment", page({ recA: 11, recB: 20 }, { txn: 3 })],
    ["a page before the second was made", page({ recA: 10 }, { txn: 1 })],
    ["a page after the deletion", page({ recB: 20 }, { txn: 5 })],
  ])("%s passes", (_what, seen) => {
    expect(violations([seen], versions)).toEqual([]);
  });

  test.each<[string, Seen]>([
    ["an old value under a newer number", record({ value: 10, txn: 3 })],
    ["a deleted record that is still served", record({ value: 11, txn: 5 })],
    ["a record that is missing while it lives", record({ status: 404, value: undefined, txn: 3 })],
    ["a page of two moments: the old first, the second gone again", page({ recA: 10 }, { txn: 2 })],
    ["a page that lost a record", page({ recA: 11 }, { txn: 3 })],
    ["a page that kept a deleted one", page({ recA: 11, recB: 20 }, { txn: 5 })],
    ["a value that nobody wrote", record({ value: 99, txn: 3 })],
    ["a record that nobody made", page({ recB: 20, recC: 1 }, { txn: 5 })],
  ])("%s is found", (_what, seen) => {
    // Whoever looked before these began cannot have seen them.
    const later = [4, 5].map((txn) => write({ txn, startMs: 150, endMs: 160, connection: "w" }));
    expect(violations([seen, ...later], versions)).toHaveLength(1);
  });
});

describe("how new a look must be", () => {
  test("what the client named", () => {
    expect(violations([record({ value: 10, minTxn: 2 })], versions)).toEqual([]);
    expect(violations([record({ value: 10, minTxn: 3 })], versions)).toHaveLength(1);
  });

  const acknowledged = write({ txn: 3, startMs: 10, endMs: 20, connection: "w" });

  test("what the same process acknowledged before, at once", () => {
    expect(
      violations([acknowledged, record({ value: 10, startMs: 21, endMs: 22 })], versions),
    ).toHaveLength(1);
    expect(
      violations([acknowledged, record({ value: 10, startMs: 19, endMs: 22 })], versions),
    ).toEqual([]);
  });

  test("what another process acknowledged, after a second", () => {
    const elsewhere = (startMs: number): Seen =>
      record({ value: 10, process: 1, startMs, endMs: startMs + 1 });
    expect(violations([acknowledged, elsewhere(900)], versions)).toEqual([]);
    expect(violations([acknowledged, elsewhere(1_021)], versions)).toHaveLength(1);
  });
});

test("numbers never go back on a connection, but may between two", () => {
  const at = (endMs: number, txn: number, connection = "c0"): Seen =>
    record({ value: 11, startMs: endMs - 1, endMs, txn, connection });

  expect(violations([at(100, 4), at(200, 3)], versions)).toHaveLength(1);
  expect(violations([at(100, 4), at(200, 3, "c1")], versions)).toEqual([]);
});

describe("a right that was taken", () => {
  const right = (isGiven: boolean, startMs: number): RightSeen => ({
    ...common,
    kind: "right",
    isGiven,
    startMs,
    endMs: startMs + 10,
  });
  const guest = (over: Partial<GuestSeen>): GuestSeen => ({ ...common, kind: "guest", ...over });

  test.each<[string, Partial<GuestSeen>, number]>([
    ["at once in the process that took it", { startMs: 1_011, endMs: 1_012 }, 1],
    ["while it was being taken", { startMs: 1_005, endMs: 1_012 }, 0],
    ["elsewhere within the second", { process: 1, startMs: 1_900, endMs: 1_901 }, 0],
    ["elsewhere after the second", { process: 1, startMs: 2_011, endMs: 2_012 }, 1],
    ["refused", { process: 1, startMs: 2_500, endMs: 2_501, status: 403 }, 0],
    ["given again", { startMs: 5_100, endMs: 5_101 }, 0],
  ])("%s", (_what, over, count) => {
    const history: Seen[] = [right(false, 1_000), right(true, 5_000), guest(over)];
    expect(violations(history, versions)).toHaveLength(count);
  });
});

test("failures that no kill explains", () => {
  expect(violations([write({ status: 500 })], versions)).toHaveLength(1);
  expect(violations([write({ status: 0 }), write({ status: 503 })], versions)).toEqual([]);
  const after = {
    ...common,
    kind: "follow-up",
    what: "the new field is written",
    answer: "",
  } as const;
  expect(violations([{ ...after, isRight: false, status: 422 }], versions)).toHaveLength(1);
  expect(violations([{ ...after, isRight: false, status: 0 }], versions)).toEqual([]);
});
