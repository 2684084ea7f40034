import { evaluatorOf, isError, type TypedFormula, type Value } from "@basalt/formulas";
import { setImmediate as yieldToOthers } from "node:timers/promises";
import type { TextRow } from "#kernel";
import type { Field } from "../schema/base-schema.ts";
import { provideContext } from "./context.ts";
import { definitionOf, linkedTableOf, linkOf } from "./definitions.ts";
import type { ComputedNode } from "./graph.ts";
import {
  linkedFrom,
  rowsForFormula,
  rowsForRollup,
  rowsUnlike,
  rowsUnlikePlan,
  writeCells,
  type ComputedCell,
} from "./in-program.sql.ts";
import { typedFilter, typedFormula } from "./language.ts";
import type { Computing } from "./propagate.ts";
import { recomputeRows } from "./propagate.sql.ts";
import {
  inputsOfFormula,
  recordFrom,
  type ReadRecord,
  type RecordInputs,
} from "./record-inputs.ts";
import { hasErrors, planOf, type RowPlan } from "./row-plan.sql.ts";

/** Rows that are read, computed and written together. */
const SLICE_ROWS = 200;
/** How long the process computes before it lets others have their turn, milliseconds. */
const TURN_MS = 15;

type Base = Pick<Computing, "scope" | "tx" | "txn" | "schema" | "text">;

/** A field that PostgreSQL cannot compute, and the records that it is to be computed in. */
export interface InProgram {
  readonly node: ComputedNode;
  readonly recordIds: readonly string[];
  /** What is left of the time that computing may take, which it uses up; a cell that is begun is finished. */
  readonly budget?: Budget;
}

/** Time that the program computes, milliseconds; that of statements does not count. */
export interface Budget {
  leftMs: number;
}

/**
 * Computes a field in records by `evaluate`, and writes the cells that differ. Answers these as `recomputeRows` does, and the
 * records that there was no time for.
 */
export async function computeInProgram(
  computing: Base,
  { node, recordIds, budget = unlimited() }: InProgram,
): Promise<{ readonly changed: readonly TextRow[]; readonly rest: readonly string[] }> {
  await provideContext(computing);
  const changed: TextRow[] = [];
  for (let at = 0; at < recordIds.length; at += SLICE_ROWS) {
    if (at > 0 && budget.leftMs <= 0) {
      return { changed, rest: recordIds.slice(at) };
    }
    const slice = recordIds.slice(at, at + SLICE_ROWS);
    const computed = await computedSlice(computing, { node, recordIds: slice, budget });
    const statement =
      "plan" in computed
        ? recomputeRows(node.table, computed.plan, slice)
        : writeCells(node, { cells: computed.cells, hasErrors: hasErrors(node.table) });
    const [rows = []] = await computing.text([statement]);
    changed.push(...rows);
    if ("rest" in computed && computed.rest.length > 0) {
      return { changed, rest: [...computed.rest, ...recordIds.slice(at + SLICE_ROWS)] };
    }
  }
  return { changed, rest: [] };
}

/** The records of which such a field holds something else than it should. */
export async function staleInProgram(
  computing: Base,
  { node, recordIds }: InProgram,
): Promise<readonly string[]> {
  await provideContext(computing);
  const stale: string[] = [];
  for (let at = 0; at < recordIds.length; at += SLICE_ROWS) {
    const slice = recordIds.slice(at, at + SLICE_ROWS);
    const computed = await computedSlice(computing, { node, recordIds: slice });
    const statement =
      "plan" in computed
        ? rowsUnlikePlan(node.table, computed.plan, slice)
        : rowsUnlike(node, computed.cells);
    const [rows = []] = await computing.text([statement]);
    stale.push(...rows.map(([id]) => id ?? ""));
  }
  return stale;
}

/** What the formula of a field works on in some records; undefined where PostgreSQL computes the formula. */
export async function formulaRows(
  computing: Base,
  { node, recordIds }: Pick<InProgram, "node" | "recordIds">,
): Promise<FormulaRows | undefined> {
  const { field, table } = node;
  const { schema } = computing;
  const { formula } = typedFormula(schema, { table, field });
  if (formula === null || formula.inSql) {
    return undefined;
  }
  const held = await heldRecords(computing, { node, recordIds });
  const inputs = inputsOfFormula(formula);
  const rows = { schema, table, inputs, recordIds };
  const [found = []] = await computing.text([
    field.type === "rollup"
      ? rowsForRollup(rows, { field, ...(held !== undefined && { held }) })
      : rowsForFormula(rows),
  ]);
  return { formula, inputs, records: found.map(readRecord) };
}

/** A formula with the records that it is to be computed in. */
export interface FormulaRows {
  readonly formula: TypedFormula;
  readonly inputs: RecordInputs;
  readonly records: readonly ReadRecord[];
}

type ComputedSlice =
  | { readonly cells: readonly ComputedCell[]; readonly rest: readonly string[] }
  /** Only the filter is not for PostgreSQL: the plan has what it keeps. */
  | { readonly plan: RowPlan };

async function computedSlice(
  computing: Base,
  { node, recordIds, budget = unlimited() }: InProgram,
): Promise<ComputedSlice> {
  const rows = await formulaRows(computing, { node, recordIds });
  if (rows === undefined) {
    const held = await heldRecords(computing, { node, recordIds });
    const { schema } = computing;
    return {
      plan: planOf(schema, node.table, { nodes: [node], ...(held !== undefined && { held }) }),
    };
  }
  const values = await evaluated(rows, computing.scope.now(), budget);
  return {
    cells: values.map((value, at) => ({
      id: rows.records[at]?.id ?? "",
      ...cellOf(node.field, value),
    })),
    rest: rows.records.slice(values.length).map(({ id }) => id),
  };
}

/** The linked records that a filter keeps which PostgreSQL cannot work out; undefined where there is no such filter. */
async function heldRecords(
  computing: Base,
  { node: { field, table }, recordIds }: Pick<InProgram, "node" | "recordIds">,
): Promise<readonly string[] | undefined> {
  const { schema } = computing;
  const link = linkOf(table, definitionOf(field).recordLinkFieldId);
  const linked = link && linkedTableOf(schema, link);
  const filter = linked && typedFilter(linked, field).formula;
  if (link === undefined || linked === undefined || filter == null || filter.inSql) {
    return undefined;
  }
  const [found = []] = await computing.text([linkedFrom(table, link, recordIds)]);
  const ids = found.map(([id]) => id ?? "");
  const inputs = inputsOfFormula(filter);
  const held: string[] = [];
  for (let at = 0; at < ids.length; at += SLICE_ROWS) {
    const slice = { schema, table: linked, inputs, recordIds: ids.slice(at, at + SLICE_ROWS) };
    const [rows = []] = await computing.text([rowsForFormula(slice)]);
    const records = rows.map(readRecord);
    const rest = { formula: filter, inputs, records };
    const truths = await evaluated(rest, computing.scope.now(), unlimited());
    held.push(...records.flatMap(({ id }, place) => (truths[place] === 1 ? [id] : [])));
  }
  return held;
}

/** The values of a formula, as many as there is time for, one at least. */
async function evaluated(
  { formula, inputs, records }: FormulaRows,
  now: Date,
  budget: Budget,
): Promise<readonly Value[]> {
  const evaluate = evaluatorOf(formula);
  const values: Value[] = [];
  let turnEnds = performance.now() + TURN_MS;
  for (const read of records) {
    if (values.length > 0 && budget.leftMs <= 0) {
      break;
    }
    if (performance.now() > turnEnds) {
      await yieldToOthers();
      turnEnds = performance.now() + TURN_MS;
    }
    const began = performance.now();
    const { record, context } = recordFrom(read, inputs, now);
    values.push(evaluate(record, context));
    budget.leftMs -= performance.now() - began;
  }
  return values;
}

function unlimited(): Budget {
  return { leftMs: Infinity };
}

function readRecord([id, createdTime, ...columns]: TextRow): ReadRecord {
  return { id: id ?? "", createdTime: Number(createdTime), columns };
}

/** A value as the column keeps it: no empty text, no empty list. A button is there all the same. */
function cellOf({ type }: Field, value: Value): Omit<ComputedCell, "id"> {
  const v = isError(value) ? null : columnJson(value);
  return type === "button"
    ? { v: v ?? "", e: false }
    : { v, e: isError(value) || (v === null && typeof value === "string" && value !== "") };
}

function columnJson(value: Value): unknown {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "string":
      // PostgreSQL holds neither NUL nor half a character.
      return value === "" || value.includes("\0") ? null : value.toWellFormed();
    case "boolean":
      return Number(value);
    default:
      break;
  }
  if (value === null || isError(value)) {
    return null;
  }
  if ("date" in value) {
    return new Date(value.date).toISOString();
  }
  return value.length === 0 ? null : value.map(columnJson);
}
