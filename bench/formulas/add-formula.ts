import type { Finding } from "../measure.ts";
import { listed, middle, secondsOf, type Base } from "./base.ts";

const ROUNDS = 5;

/** Formulas with the expression that somebody would write by hand; `f1` … are the columns of the first table's fields. */
const formulas: readonly (readonly [
  name: string,
  formula: string,
  type: string,
  expression: string,
])[] = [
  [
    "number",
    "IF({Amount} > 1000, ROUND({Price} * {Stars}, 2), {Amount} + {Price} * 2)",
    "float8",
    `case when coalesce("Amount", 0) > 1000 then round((coalesce("Price", 0) * coalesce("Stars", 0))::numeric, 2)::float8
       else coalesce("Amount", 0) + coalesce("Price", 0) * 2 end`,
  ],
  [
    "text",
    '{Name} & ", " & UPPER({City}) & IF({Done}, "!", "")',
    'text collate "C"',
    `coalesce("Name", '') || ', ' || upper(coalesce("City", '')) || case when "Done" then '!' else '' end`,
  ],
];

/** A formula added to 100,000 records through the API, against `update` with the same expression on a copy of the table. */
export async function benchAddFormula(base: Base): Promise<readonly Finding[]> {
  const { tableId, baseId } = base.first;
  const copy = `"${baseId}".bench_copy`;
  await base.pool.query(`create table ${copy} (like "${baseId}"."${tableId}" including all)`);
  await base.pool.query(
    `insert into ${copy} overriding system value select * from "${baseId}"."${tableId}"`,
  );
  const columns = await columnsOf(base);
  const findings: Finding[] = [];
  for (const [name, formula, type, expression] of formulas) {
    const bare = expression.replaceAll(
      /"(\w+)"/g,
      (_, field: string) => `"${columns.get(field) ?? ""}"`,
    );
    const times: Record<"ours" | "bare", number[]> = { ours: [], bare: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      await base.pool.query(`vacuum full analyze ${copy}`);
      times.bare.push(
        await secondsOf(async () => {
          await base.pool.query(`alter table ${copy} add column bench_value ${type}`);
          await base.pool.query(`update ${copy} set bench_value = ${bare}`);
        }),
      );
      await base.pool.query(`alter table ${copy} drop column bench_value`);
      await base.pool.query(`vacuum full analyze "${baseId}"."${tableId}"`);
      let fieldId = "";
      times.ours.push(
        await secondsOf(async () => {
          fieldId = await base.addField(tableId, {
            name: "Added",
            type: "formula",
            options: { formula },
          });
          await base.computed();
        }),
      );
      await base.dropField(tableId, fieldId);
    }
    const ratio = middle(times.ours) / middle(times.bare);
    findings.push({
      what: `formula (${name}) added to 100,000 records over HTTP ÷ bare update`,
      figure: ratio.toFixed(2),
      bar: "≤ 2",
      met: ratio <= 2,
      raw: `formula s ${listed(times.ours)}; update s ${listed(times.bare)}`,
    });
  }
  await base.pool.query(`drop table ${copy}`);
  return findings;
}

/** Columns of the first table by the name of the field. */
export async function columnsOf({ call, first }: Base): Promise<ReadonlyMap<string, string>> {
  const { tables } = await call<{
    tables: { id: string; fields: { id: string; name: string }[] }[];
  }>("GET", `/v0/meta/bases/${first.baseId}/tables`);
  const table = tables.find(({ id }) => id === first.tableId);
  return new Map(table?.fields.map(({ id, name }) => [name, id]));
}
