import { residentMb } from "../instance.ts";
import type { Finding } from "../measure.ts";
import { listed, middle, secondsOf, type Base, type Table } from "./base.ts";
import { backLink } from "./rollup.ts";

const RECORDS = 10_000;
const LEVELS = 5;
const ROUNDS = 5;

/** 10,000 records changed through the API, and everything that follows in five further tables, each a rollup of the one before. */
export async function benchChain(base: Base): Promise<Finding> {
  const { tables, ids, last } = await chainOfTables(base);
  const [source] = tables;
  if (source === undefined) {
    throw new Error("the chain has no table");
  }
  const seconds: number[] = [];
  const writes: number[] = [];
  const memory = [await residentMb(base.instance.pid)];
  for (let round = 1; round <= ROUNDS; round += 1) {
    seconds.push(
      await secondsOf(async () => {
        writes.push(
          await secondsOf(async () =>
            base.write(
              "PATCH",
              source.id,
              ids.map((id, n) => ({ id, fields: { Value: n + round } })),
            ),
          ),
        );
        await base.computed();
      }),
    );
    memory.push(await residentMb(base.instance.pid));
    const { rows } = await base.pool.query<{ total: number }>(
      `select sum("${last.fieldId}")::float8 as total from "${base.first.baseId}"."${last.tableId}"`,
    );
    if (rows[0]?.total !== (RECORDS * (RECORDS - 1)) / 2 + RECORDS * round) {
      throw new Error(`the chain ends with ${rows[0]?.total}`);
    }
  }
  const figure = middle(seconds);
  return {
    what: "five levels of rollups after 10,000 changed records, from the first write to the last value, s",
    figure: figure.toFixed(2),
    bar: "≤ 10",
    met: figure <= 10,
    raw: `s ${listed(seconds)}, of it the writes ${listed(writes)}; resident MB ${memory.map((value) => value.toFixed(0)).join(", ")}`,
  };
}

/** Six tables of 10,000 records; each record but those of the first is linked from one of the table before. */
async function chainOfTables(base: Base): Promise<{
  readonly tables: readonly Table[];
  readonly ids: readonly string[];
  readonly last: { readonly tableId: string; readonly fieldId: string };
}> {
  const tables: Table[] = [];
  let linked: { readonly table: Table; readonly ids: readonly string[] } | undefined;
  // From the last table to the first, because a link needs the table that it leads to.
  for (let level = LEVELS; level >= 0; level -= 1) {
    const target = linked;
    const table: Table = await base.addTable(`Chain ${level}`, [
      { name: "Name", type: "singleLineText" },
      ...(level === 0 ? [{ name: "Value", type: "number", options: { precision: 0 } }] : []),
      ...(target === undefined
        ? []
        : [
            {
              name: "Next",
              type: "multipleRecordLinks",
              options: { linkedTableId: target.table.id },
            },
          ]),
    ]);
    const ids = await base.write(
      "POST",
      table.id,
      Array.from({ length: RECORDS }, (_, n) => ({
        fields: {
          Name: `${level}/${n}`,
          ...(level === 0 && { Value: n }),
          ...(target !== undefined && { Next: [target.ids[(n * 7919) % RECORDS]] }),
        },
      })),
    );
    tables.unshift(table);
    linked = { table, ids };
  }
  let fieldId = tables[0]?.fields.find(({ name }) => name === "Value")?.id ?? "";
  for (const { id } of tables.slice(1)) {
    fieldId = await base.addField(id, {
      name: "Sum",
      type: "rollup",
      options: {
        recordLinkFieldId: await backLink(base, id),
        fieldIdInLinkedTable: fieldId,
        formula: "SUM(values)",
      },
    });
  }
  await base.computed();
  await base.pool.query("vacuum analyze");
  return { tables, ids: linked?.ids ?? [], last: { tableId: tables.at(-1)?.id ?? "", fieldId } };
}
