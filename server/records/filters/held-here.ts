import { holds } from "@basalt/formulas";
import { Problem, type Scope, type TextRow } from "#kernel";
import { inputsOfFormula, recordFrom, type RecordInputs } from "../computed/record-inputs.ts";
import type { BaseSchema, Table } from "../schema/base-schema.ts";
import { heldBy, peopleAmong, rowsToAsk } from "./condition.sql.ts";
import type { RowCondition, TypedCondition } from "./condition.ts";
import { readGuarded } from "./guarded-read.ts";

/** Records that are asked here for one call at most: some seconds of work. */
export const HERE_ROWS_MAX = 200_000;
/** Records in one statement: some milliseconds in which nothing else is answered. */
const BATCH_ROWS = 1_000;

/** Where a condition is asked: among these records, after a number, until enough hold it. */
export interface Among {
  readonly ids?: readonly string[];
  readonly after?: number;
  readonly limit?: number;
}

/**
 * The condition with what PostgreSQL cannot work out answered: a pattern that stands in a cell is matched here, in time that
 * grows with the text alone. Conditions without such a part come back as they are.
 * Problem: `records.filter-too-slow`.
 */
export async function askedHere(
  scope: Scope,
  { schema, table }: { readonly schema: BaseSchema; readonly table: Table },
  { condition, among = {} }: { readonly condition: RowCondition; readonly among?: Among },
): Promise<RowCondition> {
  const { here } = condition;
  if (here === undefined) {
    return condition;
  }
  const inputs = inputsOfFormula(here);
  const parts = {
    references: inputs.nodes.map(({ id }) => id),
    lastModified: inputs.lastModified,
  };
  const people = [...new Set([...condition.people, ...peopleAmong(table, here.fieldIds)])];
  const held: string[] = [];
  const now = scope.now();
  let after = among.after ?? 0;
  for (let asked = 0; held.length < (among.limit ?? Infinity); asked += BATCH_ROWS) {
    scope.signal.throwIfAborted();
    if (asked >= HERE_ROWS_MAX) {
      throw tooSlow();
    }
    const batch = { ...parts, ...among, after, limit: BATCH_ROWS, now, people };
    const { rows } = await readGuarded(scope, {
      schema,
      table,
      people,
      statements: [rowsToAsk({ schema, table }, condition, batch)],
    });
    const [found = []] = rows;
    held.push(...found.filter((row) => isHeld(here, row, { inputs, now })).map(([id]) => id ?? ""));
    if (found.length < BATCH_ROWS) {
      break;
    }
    after = Number(found.at(-1)?.[1]);
  }
  return heldBy(condition, held);
}

/** Columns before those of the fields: id, number, creation. */
const LEADING = 3;

function isHeld(
  condition: TypedCondition,
  row: TextRow,
  { inputs, now }: { readonly inputs: RecordInputs; readonly now: Date },
): boolean {
  const read = { id: row[0] ?? "", createdTime: Number(row[2]), columns: row.slice(LEADING) };
  const { record, context } = recordFrom(read, inputs, now);
  return holds(condition, record, context);
}

function tooSlow(): Problem {
  const message = `The formula takes patterns from cells, and can be asked of ${HERE_ROWS_MAX.toLocaleString("en")} records at most; narrow them by a view, or write the pattern into the formula.`;
  return new Problem("invalid", "records.filter-too-slow", {
    message,
    airtable: { type: "INVALID_FILTER_BY_FORMULA", message },
  });
}
