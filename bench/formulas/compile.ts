import {
  compile,
  fieldIndex,
  parse,
  typeOf,
  type FormulaField,
  type SqlContext,
} from "@basalt/formulas";
import { quoteIdent, sql } from "@basalt/server/kernel";
import type { Finding } from "../measure.ts";

const WARM_UP = 3_000;
const TIMES = 5_000;

const number = { type: "number", precision: 2, special: false } as const;
const fields: readonly FormulaField[] = [
  { id: "fldAmount", name: "Amount", kind: number },
  { id: "fldPrice", name: "Price", kind: number },
  { id: "fldName", name: "Name", kind: { type: "text" } },
  { id: "fldDue", name: "Due", kind: { type: "date", dateOnly: true } },
  { id: "fldDone", name: "Done", kind: { type: "boolean" } },
];

const context: SqlContext = {
  now: sql`now()`,
  recordId: sql`t.id`,
  createdTime: sql`t.created_time`,
  lastModified: () => sql`t.modified_time`,
  field: (id) => ({ value: sql`t.${quoteIdent(id)}` }),
};

/** Formulas of 200 characters; a number in them makes each text a new one. */
const texts: readonly ((turn: number) => string)[] = [
  (turn) =>
    `IF({Done}, ROUND({Amount} * 1.19, 2) & " for " & UPPER({Name}), IF({Amount} > ${turn}, DATETIME_FORMAT(DATEADD({Due}, 14, "days"), "YYYY-MM-DD"), CONCATENATE(LEFT({Name}, 3), "-", {Price} / {Amount})))`,
  (turn) =>
    `SUM({Amount}, {Price} * ${turn}, ABS({Amount} - {Price})) / IF(AND({Done}, {Price} != 0, LEN({Name}) > 3), {Price}, 1) + MAX({Amount}, {Price}, MOD(INT({Amount}), 7), AVERAGE({Amount}, {Price}), 12.5)`,
];

/** From the text of a formula of 200 characters to its SQL, in this process; every text is new. */
export function benchCompile(): Finding {
  const index = fieldIndex(fields);
  const work = (text: string): number => {
    const { formula, problems } = typeOf(parse(text), index);
    if (formula === null) {
      throw new Error(`${text}: ${JSON.stringify(problems)}`);
    }
    return compile(formula, context).value.text.length;
  };
  const startedMs = performance.now();
  let length = work(lengthened(texts[0]?.(1) ?? ""));
  const firstMs = performance.now() - startedMs;
  const medians = texts.map((text) => {
    const times: number[] = [];
    for (let turn = 0; turn < WARM_UP + TIMES; turn += 1) {
      const source = lengthened(text(turn + 10_000));
      const beganMs = performance.now();
      length += work(source);
      times.push(performance.now() - beganMs);
    }
    return times.slice(WARM_UP).toSorted((a, b) => a - b)[TIMES / 2] ?? 0;
  });
  const worst = Math.max(...medians);
  return {
    what: "parse, type and compile a formula of 200 characters, ms, worst median",
    figure: worst.toFixed(3),
    bar: "≤ 0.2",
    met: worst <= 0.2 && length > 0,
    raw: `ms ${medians.map((value) => value.toFixed(3)).join(", ")}; the very first of the process ${firstMs.toFixed(1)}`,
  };
}

function lengthened(text: string): string {
  return text.padEnd(200);
}
