import { expect, test } from "vitest";
import { linkedTables, shape } from "../testing/linked-tables.ts";
import { createRecords } from "./create-records.ts";
import { readChanges } from "./read-changes.ts";

const tables = linkedTables();

test("a page that ends before a transaction that does not fit says that there is more", async () => {
  const { scope, linked, create } = tables();
  const { baseId } = linked;
  const { txn: after } = await create([{ Name: "first" }]);
  const { ids } = await create([{ Name: "second" }]);
  // A link is two entries of one transaction: one on either side.
  const { txn: last } = await createRecords(scope, {
    table: linked,
    rows: [{ fields: { Firsts: ids } }],
    typecast: false,
    shape,
  });
  const short = await readChanges(scope, { baseId, after, limit: 2 });
  expect(short.changes.map(({ txn }) => txn)).toEqual([last - 1]);
  expect(short).toMatchObject({ cursor: last - 1, mightHaveMore: true });
  const rest = await readChanges(scope, { baseId, after: short.cursor, limit: 2 });
  expect(rest.changes.map(({ txn }) => txn)).toEqual([last, last]);
  expect(rest).toMatchObject({ cursor: last, mightHaveMore: false });
  const none = await readChanges(scope, { baseId, after: last, limit: 2 });
  expect(none).toEqual({ changes: [], cursor: last, mightHaveMore: false });
});
