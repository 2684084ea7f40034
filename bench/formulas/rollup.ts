import type { Finding } from "../measure.ts";
import { listed, middle, secondsOf, type Base } from "./base.ts";

const PARENTS = 10_000;
const CHILDREN = 100_000;
const ROUNDS = 5;

/** A rollup added to 10,000 records that each link to ten others. */
export async function benchRollup(base: Base): Promise<Finding> {
  const parents = await base.addTable("Parents", [{ name: "Name", type: "singleLineText" }]);
  const children = await base.addTable("Children", [
    { name: "Name", type: "singleLineText" },
    { name: "Amount", type: "number", options: { precision: 2 } },
    { name: "Parent", type: "multipleRecordLinks", options: { linkedTableId: parents.id } },
  ]);
  const parentIds = await base.write(
    "POST",
    parents.id,
    Array.from({ length: PARENTS }, (_, n) => ({ fields: { Name: `Parent ${n}` } })),
  );
  await base.write(
    "POST",
    children.id,
    Array.from({ length: CHILDREN }, (_, n) => ({
      fields: { Name: `Child ${n}`, Amount: n / 4, Parent: [parentIds[(n * 7919) % PARENTS]] },
    })),
  );
  await base.pool.query(`vacuum analyze`);
  const back = await backLink(base, parents.id);
  const amount = children.fields.find(({ name }) => name === "Amount")?.id;
  const seconds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    let fieldId = "";
    seconds.push(
      await secondsOf(async () => {
        fieldId = await base.addField(parents.id, {
          name: "Total",
          type: "rollup",
          options: {
            recordLinkFieldId: back,
            fieldIdInLinkedTable: amount,
            formula: "SUM(values)",
          },
        });
        await base.computed();
      }),
    );
    const { rows } = await base.pool.query<{ total: number }>(
      `select sum("${fieldId}")::float8 as total from "${base.first.baseId}"."${parents.id}"`,
    );
    if (rows[0]?.total !== ((CHILDREN - 1) * CHILDREN) / 8) {
      throw new Error(`the rollup gives ${rows[0]?.total}`);
    }
    await base.dropField(parents.id, fieldId);
  }
  const figure = middle(seconds);
  return {
    what: "rollup over 100,000 children added to 10,000 parents, s",
    figure: figure.toFixed(2),
    bar: "≤ 1.5",
    met: figure <= 1.5,
    raw: `s ${listed(seconds)}`,
  };
}

/** The other side of the first link that leads to a table. */
export async function backLink({ call, first }: Base, tableId: string): Promise<string> {
  const { tables } = await call<{
    tables: { id: string; fields: { id: string; type: string }[] }[];
  }>("GET", `/v0/meta/bases/${first.baseId}/tables`);
  const link = tables
    .find(({ id }) => id === tableId)
    ?.fields.findLast(({ type }) => type === "multipleRecordLinks");
  if (link === undefined) {
    throw new Error("the table has no link");
  }
  return link.id;
}
