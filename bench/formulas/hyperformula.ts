import { createRequire } from "node:module";
import { join } from "node:path";
import type { Finding } from "../measure.ts";
import { secondsOf, type Base, type Table } from "./base.ts";

const RECORDS = 100_000;

/** What is used of HyperFormula. It is no dependency, for its licence is the GPL: whoever wants the comparison installs it. */
interface Library {
  readonly HyperFormula: {
    readonly version: string;
    buildFromArray(
      rows: readonly (readonly unknown[])[],
      options: { licenseKey: string; maxRows: number },
    ): Sheet;
  };
}
interface Sheet {
  setCellContents(at: { sheet: number; row: number; col: number }, rows: unknown[][]): unknown;
  getRangeValues(range: { start: Address; end: Address }): readonly (readonly unknown[])[];
  destroy(): void;
}
interface Address {
  readonly sheet: number;
  readonly row: number;
  readonly col: number;
}

/** Twenty functions in both languages; A Name, B Amount, C Price, D Due, E Base, which all depend on. */
const functions: readonly (readonly [ours: string, theirs: string])[] = [
  ["IF({Base} > 5000, {Amount}, {Price})", "IF(E#>5000,B#,C#)"],
  ["AND({Base} > 100, {Price} > 500)", "AND(E#>100,C#>500)"],
  ["OR({Base} > 100000, {Price} > 500)", "OR(E#>100000,C#>500)"],
  ["NOT({Base} > 5000)", "NOT(E#>5000)"],
  ["SUM({Base}, {Amount}, {Price})", "SUM(E#,B#,C#)"],
  ["AVERAGE({Base}, {Amount}, {Price})", "AVERAGE(E#,B#,C#)"],
  ["MIN({Base}, {Price})", "MIN(E#,C#)"],
  ["MAX({Base}, {Price})", "MAX(E#,C#)"],
  ["ROUND({Base} / 3, 2)", "ROUND(E#/3,2)"],
  ["ABS({Price} - {Base})", "ABS(C#-E#)"],
  ["INT({Base})", "INT(E#)"],
  ["MOD(INT({Base}), 7)", "MOD(INT(E#),7)"],
  ['CONCATENATE({Name}, "-", INT({Base}))', 'CONCATENATE(A#,"-",INT(E#))'],
  ["LEFT(INT({Base}) & {Name}, 8)", "LEFT(INT(E#)&A#,8)"],
  ["RIGHT({Name} & INT({Base}), 8)", "RIGHT(A#&INT(E#),8)"],
  ["MID({Name} & INT({Base}), 5, 9)", "MID(A#&INT(E#),5,9)"],
  ["LEN({Name} & INT({Base}))", "LEN(A#&INT(E#))"],
  ["UPPER({Name} & INT({Base}))", "UPPER(A#&INT(E#))"],
  ['SUBSTITUTE({Name} & INT({Base}), "number", "no.")', 'SUBSTITUTE(A#&INT(E#),"number","no.")'],
  ['YEAR(DATEADD({Due}, MOD(INT({Base}), 365), "days"))', "YEAR(D#+MOD(INT(E#),365))"],
];

/**
 * The same sheet of 100,000 rows and twenty functions: loaded, and computed anew after a change on which every cell depends. Ours is
 * asked over HTTP and keeps everything in PostgreSQL; HyperFormula keeps it in this process.
 */
export async function benchHyperFormula(base: Base): Promise<readonly Finding[]> {
  const library = loaded();
  if (library === undefined) {
    console.log(
      "skipped: HyperFormula is not installed (npm install --no-save hyperformula, or BENCH_MODULES names a folder whose node_modules has it)",
    );
    return [];
  }
  const ours = await computeOurs(base);
  const theirs = await computeTheirs(library);
  compare(ours.values, theirs.values);
  const finding = (what: string, key: "load" | "change"): Finding => ({
    what: `${what}, 100,000 rows × 21 formulas: ours over HTTP and in PostgreSQL ÷ HyperFormula ${library.HyperFormula.version}`,
    figure: (ours[key] / theirs[key]).toFixed(2),
    bar: "≤ 1",
    met: ours[key] <= theirs[key],
    raw: `ours s ${ours[key].toFixed(2)}; HyperFormula s ${theirs[key].toFixed(2)}`,
  });
  return [
    finding("rows loaded and computed", "load"),
    finding("all computed anew after a change", "change"),
  ];
}

function loaded(): Library | undefined {
  const home = process.env["BENCH_MODULES"] || join(import.meta.dirname, "../..");
  try {
    return createRequire(join(home, "package.json"))("hyperformula") as Library;
  } catch (error) {
    if ((error as { readonly code?: string }).code === "MODULE_NOT_FOUND") {
      return undefined;
    }
    throw error;
  }
}

interface Measured {
  /** Seconds. */
  readonly load: number;
  readonly change: number;
  /** Results of the first hundred rows after the change. */
  readonly values: readonly (readonly unknown[])[];
}

function inputs(n: number): readonly [name: string, amount: number, price: number, due: Date] {
  return [
    `Record number ${n}`,
    n * 1.25,
    (n % 1000) + 0.99,
    new Date(Date.UTC(2026, n % 12, 1 + (n % 28))),
  ];
}

async function computeOurs(base: Base): Promise<Measured> {
  const table = await base.addTable("Sheet", [
    { name: "Name", type: "singleLineText" },
    { name: "Amount", type: "number", options: { precision: 2 } },
    { name: "Price", type: "number", options: { precision: 2 } },
    { name: "Due", type: "date", options: { dateFormat: { name: "iso" } } },
  ]);
  const formula = (name: string, text: string) => ({
    name,
    type: "formula",
    options: { formula: text },
  });
  const baseField = await base.addField(table.id, formula("Base", "{Amount} * 1"));
  for (const [at, [text]] of functions.entries()) {
    await base.addField(table.id, formula(`F${at}`, text));
  }
  const load = await secondsOf(async () => {
    for (let from = 0; from < RECORDS; from += 1000) {
      const records = Array.from({ length: 1000 }, (_, at) => {
        const [Name, Amount, Price, due] = inputs(from + at);
        return { fields: { Name, Amount, Price, Due: due.toISOString().slice(0, 10) } };
      });
      await base.write("POST", table.id, records);
    }
    await base.computed();
  });
  await base.pool.query(`vacuum analyze "${base.first.baseId}"."${table.id}"`);
  const change = await secondsOf(async () => {
    const path = `/v0/meta/bases/${base.first.baseId}/tables/${table.id}/fields/${baseField}`;
    await base.call("PATCH", path, { options: { formula: "{Amount} * 2" } });
    await base.computed();
  });
  return { load, change, values: await firstRows(base, table) };
}

async function firstRows(base: Base, table: Table): Promise<Measured["values"]> {
  const { records } = await base.call<{ records: { fields: Record<string, unknown> }[] }>(
    "GET",
    `/v0/${base.first.baseId}/${table.id}?pageSize=100`,
  );
  return records.map(({ fields }) => functions.map((_, at) => fields[`F${at}`]));
}

async function computeTheirs({ HyperFormula }: Library): Promise<Measured> {
  let sheet: Sheet | undefined;
  const load = await secondsOf(async () => {
    const rows = Array.from({ length: RECORDS }, (_, n) => [
      ...inputs(n),
      `=B${n + 1}*$Z$1`,
      ...functions.map(([, text]) => `=${text.replaceAll("#", String(n + 1))}`),
    ]);
    rows[0]?.push(1);
    sheet = HyperFormula.buildFromArray(rows, { licenseKey: "gpl-v3", maxRows: RECORDS });
  });
  const change = await secondsOf(async () =>
    sheet?.setCellContents({ sheet: 0, row: 0, col: 25 }, [[2]]),
  );
  const values = sheet?.getRangeValues({
    start: { sheet: 0, row: 0, col: 5 },
    end: { sheet: 0, row: 99, col: 4 + functions.length },
  });
  sheet?.destroy();
  return { load, change, values: values ?? [] };
}

/** Both must have computed the same, or the times mean nothing. */
function compare(ours: Measured["values"], theirs: Measured["values"]): void {
  const plain = (value: unknown): unknown =>
    typeof value === "boolean"
      ? Number(value)
      : typeof value === "number"
        ? value.toPrecision(10)
        : value;
  for (const [row, values] of theirs.entries()) {
    for (const [at, value] of values.entries()) {
      if (
        String(plain(ours[row]?.[at])) !==
        String(plain(typeof value === "boolean" ? Number(value) : value))
      ) {
        throw new Error(
          `row ${row}, ${functions[at]?.[0]}: ${String(ours[row]?.[at])} and ${String(value)}`,
        );
      }
    }
  }
}
