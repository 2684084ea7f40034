import { cellsOf } from "../instance.ts";
import { alternate, show, type Finding } from "../measure.ts";
import { fields, type Base } from "./base.ts";

/** Enough that PostgreSQL finds the ten by their ids in both tables. */
const RECORDS = 40_000;

/** Every one depends on a field that each write changes. */
const formulas: readonly string[] = [
  "{Amount} * 1.19",
  "ROUND({Amount} / {Stars}, 2)",
  'IF({Amount} > 5000, "large", "small")',
  '{Name} & ": " & {Amount}',
  "UPPER({City})",
  "LEN({City}) + {Stars}",
  'DATEADD({Due}, {Stars}, "days")',
  "{F1} - {Amount}",
  'SUBSTITUTE({F4}, "Record", {City})',
  "SUM({Amount}, {Price}, {F8})",
];

/** Writes of 10 changed records, one after the other, to a table with ten formulas against the same table without. */
export async function benchWriteBatch(base: Base): Promise<Finding> {
  const rows = Array.from({ length: RECORDS }, (_, n) => ({ fields: cellsOf(n) }));
  const bare = await base.addTable("Without formulas", fields);
  const full = await base.addTable("With formulas", fields);
  for (const [at, formula] of formulas.entries()) {
    await base.addField(full.id, { name: `F${at + 1}`, type: "formula", options: { formula } });
  }
  const ids = {
    bare: await base.write("POST", bare.id, rows),
    full: await base.write("POST", full.id, rows),
  };
  await base.computed();
  await base.pool.query(
    `vacuum analyze "${base.first.baseId}"."${bare.id}", "${base.first.baseId}"."${full.id}"`,
  );
  let changes = 0;
  const update = (tableId: string, recordIds: readonly string[]) => async (turn: number) => {
    // Values that were not there before: a write that changes nothing computes nothing.
    changes += 1;
    return base.write(
      "PATCH",
      tableId,
      Array.from({ length: 10 }, (_, at) => ({
        id: recordIds[(turn * 10 + at) % RECORDS],
        fields: { Amount: (changes % 10_000) + at / 100, City: `City ${changes}` },
      })),
    );
  };
  const rates = await alternate(
    { with: update(full.id, ids.full), without: update(bare.id, ids.bare) },
    { concurrency: 1, seconds: 2, rounds: 7 },
  );
  const { with: withFormulas, without } = rates;
  if (withFormulas === undefined || without === undefined) {
    throw new Error("nothing was measured");
  }
  await check(base, full.id);
  const ratio = withFormulas.p50Ms / without.p50Ms;
  return {
    what: "write of 10 changed records to a table with 10 formulas ÷ without, over HTTP, median",
    figure: ratio.toFixed(2),
    bar: "≤ 1.3",
    met: ratio <= 1.3,
    raw: `with ${show(withFormulas)}; without ${show(without)}`,
  };
}

/** A formula that was not computed would cost nothing. */
async function check({ call, first }: Base, tableId: string): Promise<void> {
  const { records } = await call<{ records: { fields: Record<string, number> }[] }>(
    "GET",
    `/v0/${first.baseId}/${tableId}?pageSize=100`,
  );
  for (const { fields: cells } of records) {
    const { Amount = NaN, Price = NaN, F8 = NaN, F10 = NaN } = cells;
    if (Math.abs(Amount * 0.19 - F8) > 1e-6 || Math.abs(Amount + Price + F8 - F10) > 1e-6) {
      throw new Error(`wrong values: ${JSON.stringify(cells)}`);
    }
  }
}
