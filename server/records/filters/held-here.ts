import {
  errorValue,
  holds,
  operandsOf,
  type EvaluationContext,
  type FormulaRecord,
  type Typed,
  type Value,
} from "@basalt/formulas";
import { Problem, type Scope, type TextRow } from "#kernel";
import type { BaseSchema, Table } from "../schema/base-schema.ts";
import { heldBy, peopleAmong, rowsToAsk, type ReadParts } from "./condition.sql.ts";
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
  const parts = partsOf(here);
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
    held.push(...found.filter((row) => isHeld(here, row, { parts, now })).map(([id]) => id ?? ""));
    if (found.length < BATCH_ROWS) {
      break;
    }
    after = Number(found.at(-1)?.[1]);
  }
  return heldBy(condition, held);
}

interface Parts extends ReadParts {
  readonly nodes: readonly (Typed & { readonly op: "field" })[];
}

/** The fields that a condition works on, each once, with the kinds that it takes them for. */
function partsOf({ root, lastModified }: TypedCondition): Parts {
  const nodes = new Map<string, Typed & { readonly op: "field" }>();
  const open: Typed[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.op === "field") {
      nodes.set(node.id, node);
    }
    open.push(...operandsOf(node));
  }
  return { nodes: [...nodes.values()], references: [...nodes.keys()], lastModified };
}

/** Columns before those of the parts: id, number, creation. */
const LEADING = 3;

function isHeld(
  condition: TypedCondition,
  row: TextRow,
  { parts, now }: { readonly parts: Parts; readonly now: Date },
): boolean {
  const record: FormulaRecord = Object.fromEntries(
    parts.nodes.map((node, at) => {
      const [json = null, fails] = row.slice(LEADING + 2 * at);
      return [node.id, fails === "t" ? errorValue : valueOf(json, node.kind)];
    }),
  );
  const times = LEADING + 2 * parts.nodes.length;
  const context: EvaluationContext = {
    now: now.getTime(),
    recordId: row[0] ?? "",
    createdTime: Number(row[2]),
    lastModified: (fieldIds) => {
      const at = parts.lastModified.findIndex((ids) => ids.join() === fieldIds.join());
      const text = row[times + at] ?? null;
      return text === null ? null : Number(text);
    },
  };
  return holds(condition, record, context);
}

/** What PostgreSQL wrote as JSON, as formulas take it. */
function valueOf(json: string | null, kind: Typed["kind"]): Value {
  return json === null ? null : cell(JSON.parse(json), kind);
}

function cell(value: unknown, kind: Typed["kind"]): Value {
  if (value === null) {
    return null;
  }
  switch (kind.type) {
    case "number":
      // NaN and the infinities come as texts.
      return Number(value);
    case "boolean":
      return value === true;
    case "date":
      return { date: Date.parse(value as string), dateOnly: kind.dateOnly };
    case "array":
      return Array.isArray(value) ? value.map((one) => cell(one, kind.of)) : [];
    default:
      return value as string;
  }
}

function tooSlow(): Problem {
  const message = `The formula takes patterns from cells, and can be asked of ${HERE_ROWS_MAX.toLocaleString("en")} records at most; narrow them by a view, or write the pattern into the formula.`;
  return new Problem("invalid", "records.filter-too-slow", {
    message,
    airtable: { type: "INVALID_FILTER_BY_FORMULA", message },
  });
}
