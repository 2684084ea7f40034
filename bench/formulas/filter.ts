import { alternate, show, type Finding } from "../measure.ts";
import { columnsOf } from "./add-formula.ts";
import type { Base } from "./base.ts";

/** Filters that keep few of 100,000 records, with the `where` that somebody would write by hand. */
const filters: readonly (readonly [formula: string, where: string])[] = [
  [
    "AND({Amount} > 60000, {Stars} = 3, {Price} < 5)",
    `"Amount" > 60000 and "Stars" = 3 and "Price" < 5`,
  ],
  ['{Email} = "person77777@example.com"', `"Email" = 'person77777@example.com'`],
  ['SEARCH("number 9999", {Name})', `strpos(lower("Name"), 'number 9999') > 0`],
  ['LOWER({Name}) = "record number 9999"', `lower("Name") = 'record number 9999'`],
  ["LEN({Name}) = 15", `length("Name") = 15`],
  ['LEFT({Name}, 8) = "Recorder"', `left("Name", 8) = 'Recorder'`],
  ["{Amount} * {Stars} + {Price} > 700000", `"Amount" * "Stars" + "Price" > 700000`],
  ["ROUND({Amount}, 0) = 77", `round("Amount") = 77`],
  ['{Status} & "" = "none"', `case "Status" when '' then '' else "Status" end || '' = 'none'`],
  ["YEAR({Due}) = 2027", `extract(year from "Due") = 2027`],
  ['{Due} > "2026-09-16"', `"Due" >= '2026-09-16'`],
  [
    'AND({Done}, IS_AFTER({Due}, "2026-09-01"), {City} = "Wien", {Price} < 10)',
    `"Done" and "Due" > '2026-09-01' and "City" = 'Wien' and "Price" < 10`,
  ],
];

/** Pages of records that a formula keeps of 100,000, over HTTP, against the hand-written statement through `pg`. */
export async function benchFilter(base: Base): Promise<Finding> {
  const { tableId, baseId } = base.first;
  const columns = await columnsOf(base);
  await base.pool.query(`vacuum analyze "${baseId}"."${tableId}"`);
  const selected = [...columns.values()].map((id) => `"${id}"`).join(", ");
  let asked = 0;
  const ratios: number[] = [];
  const raw: string[] = [];
  for (const [formula, where] of filters) {
    const condition = where.replaceAll(
      /"(\w+)"/g,
      (_, field: string) => `"${columns.get(field) ?? ""}"`,
    );
    const path = (turn: number) =>
      `/v0/${baseId}/${tableId}?pageSize=100&filterByFormula=${encodeURIComponent(anew(formula, turn))}`;
    const text = `select id, created_time, version, ${selected}, auto_number from "${baseId}"."${tableId}" where (${condition}) and auto_number > $1 order by auto_number limit 101`;
    const { records } = await base.call<{ records: readonly unknown[] }>("GET", path(0));
    const { rows } = await base.pool.query(text, [0]);
    if (records.length !== Math.min(100, rows.length)) {
      throw new Error(`${formula}: ${records.length} records instead of ${rows.length}`);
    }
    const rates = await alternate(
      {
        http: async () => base.call("GET", path((asked += 1))),
        sql: async () => base.pool.query({ name: `filter ${raw.length}`, text, values: [0] }),
      },
      { concurrency: 1, seconds: 1, rounds: 5 },
    );
    const { http, sql } = rates;
    if (http === undefined || sql === undefined) {
      throw new Error("nothing was measured");
    }
    ratios.push(http.p50Ms / sql.p50Ms);
    raw.push(`${formula}: ${rows.length} found, HTTP ${show(http)}, SQL ${show(sql)}`);
  }
  const worst = Math.max(...ratios);
  return {
    what: "filterByFormula on 100,000 records over HTTP ÷ hand-written where through pg, worst median",
    figure: worst.toFixed(2),
    bar: "≤ 1.3",
    met: worst <= 1.3,
    raw: `${ratios.map((ratio) => ratio.toFixed(2)).join(", ")}; ${raw.join("; ")}`,
  };
}

/** The same formula in a text that was not asked before: pages that are kept answer nothing here. */
function anew(formula: string, turn: number): string {
  return formula + turn.toString(2).replaceAll("0", " ").replaceAll("1", "\n");
}
