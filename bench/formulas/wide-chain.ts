import { residentMb } from "../instance.ts";
import type { Finding } from "../measure.ts";
import { listed, middle, secondsOf, type Base } from "./base.ts";

const SOURCES = 10_000;
const RECORDS = 100_000;
const LEVELS = 5;
const ROUNDS = 3;

/**
 * 10,000 records changed through the API, and what follows in five further tables of 100,000 records: each record of the first
 * of them adds up one of the sources, each of the others one of the table before.
 */
export async function benchWideChain(base: Base): Promise<readonly Finding[]> {
  const number = { name: "Value", type: "number", options: { precision: 0 } };
  const source = await base.addTable("Wide 0", [{ name: "Name", type: "singleLineText" }, number]);
  const ids = await base.write(
    "POST",
    source.id,
    Array.from({ length: SOURCES }, (_, n) => ({ fields: { Name: `0/${n}`, Value: n } })),
  );
  const last = await furtherTables(base, {
    tableId: source.id,
    fieldId: source.fields.find(({ name }) => name === "Value")?.id ?? "",
    ids,
  });
  await base.pool.query("vacuum analyze");
  const all: number[] = [];
  const writes: number[] = [];
  const memory = [await residentMb(base.instance.pid)];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const changes = ids.map((id, n) => ({ id, fields: { Value: n + round } }));
    all.push(
      await secondsOf(async () => {
        writes.push(await secondsOf(async () => base.write("PATCH", source.id, changes)));
        await base.computed();
      }),
    );
    memory.push(await residentMb(base.instance.pid));
    const { rows } = await base.pool.query<{ total: number }>(
      `select sum("${last.fieldId}")::float8 as total from "${base.first.baseId}"."${last.tableId}"`,
    );
    const expected = (RECORDS / SOURCES) * ((SOURCES * (SOURCES - 1)) / 2 + SOURCES * round);
    if (rows[0]?.total !== expected) {
      throw new Error(`the chain ends with ${rows[0]?.total} instead of ${expected}`);
    }
  }
  const figure = middle(all);
  return [
    {
      what: "five levels of 100,000 records each after 10,000 changed records, to the last value, s",
      figure: figure.toFixed(2),
      bar: "≤ 10",
      met: figure <= 10,
      raw: `s ${listed(all)}, of it the writes ${listed(writes)}; resident MB ${memory.map((value) => value.toFixed(0)).join(", ")}`,
    },
  ];
}

interface Summed {
  readonly tableId: string;
  readonly fieldId: string;
  readonly ids: readonly string[];
}

async function furtherTables(base: Base, first: Summed): Promise<Summed> {
  let before = first;
  for (let level = 1; level <= LEVELS; level += 1) {
    const table = await base.addTable(`Wide ${level}`, [
      { name: "Name", type: "singleLineText" },
      {
        name: "Before",
        type: "multipleRecordLinks",
        options: { linkedTableId: before.tableId },
      },
    ]);
    const { ids } = before;
    const written = await base.write(
      "POST",
      table.id,
      Array.from({ length: RECORDS }, (_, n) => ({
        fields: { Name: `${level}/${n}`, Before: [ids[(n * 7919) % ids.length]] },
      })),
    );
    const fieldId = await base.addField(table.id, {
      name: "Sum",
      type: "rollup",
      options: {
        recordLinkFieldId: table.fields.find(({ name }) => name === "Before")?.id,
        fieldIdInLinkedTable: before.fieldId,
        formula: "SUM(values)",
      },
    });
    await base.computed();
    before = { tableId: table.id, fieldId, ids: written };
  }
  return before;
}
