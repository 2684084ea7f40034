import type { SqlField } from "@basalt/formulas";
import { constant, empty, join, quoteIdent, sql, type Sql } from "#kernel";
import type { ComputedState } from "../field-types/computed.ts";
import { CURRENT_TXN, tableSql } from "../rows/table-sql.ts";
import type { BaseSchema, Field, Table } from "../schema/base-schema.ts";
import { CONTEXT, storedValue } from "./field-values.sql.ts";
import type { ComputedNode } from "./graph.ts";
import { recomputed } from "./propagate.sql.ts";
import type { RecordInputs } from "./record-inputs.ts";
import { differs, errorsAfter, type RowPlan, type ValuePart } from "./row-plan.sql.ts";
import { rollupInput, rowContext } from "./steps.sql.ts";

const ROW = { alias: "i", steps: new Set<string>() };

/** Rows as a formula that is computed here needs them: id, when made (milliseconds), then as `ReadRecord` has them. */
export interface InputRows {
  readonly schema: BaseSchema;
  readonly table: Table;
  readonly inputs: RecordInputs;
  readonly recordIds: readonly string[];
}

/** What a formula, or a filter, works on in rows of its table. */
export function rowsForFormula({ schema, table, ...rows }: InputRows): Sql {
  const { field, lastModified } = rowContext(schema, table, ROW);
  return inputRows(table, rows, {
    from: empty,
    field,
    time: (fieldIds) => milliseconds(lastModified(fieldIds)),
  });
}

/** What a rollup's formula works on; `held` are the linked records that its filter keeps, where PostgreSQL cannot tell. */
export function rowsForRollup(
  { schema, table, ...rows }: InputRows,
  rollup: { readonly field: Field; readonly held?: readonly string[] },
): Sql {
  const { from, field } = rollupInput({ schema, table, source: ROW, ...rollup });
  return inputRows(table, rows, {
    from,
    field: () => field,
    time: () => milliseconds(constant("i.modified_time")),
  });
}

function inputRows(
  table: Table,
  { inputs, recordIds }: Pick<InputRows, "inputs" | "recordIds">,
  {
    from,
    field,
    time,
  }: {
    readonly from: Sql;
    readonly field: (id: string) => SqlField;
    readonly time: (fieldIds: readonly string[]) => Sql;
  },
): Sql {
  const parts = inputs.nodes.flatMap(({ id }) => {
    const { value, fails = constant("false") } = field(id);
    return [sql`, to_json(${value})`, sql`, ${fails}`];
  });
  const times = inputs.lastModified.map((fieldIds) => sql`, ${time(fieldIds)}`);
  return sql`
    select i.id, ${milliseconds(constant("i.created_time"))}${join([...parts, ...times, empty], "")}
    from ${tableSql(table).name} i ${CONTEXT}${from} where i.id = any(${recordIds})`;
}

function milliseconds(instant: Sql): Sql {
  return sql`(extract(epoch from ${instant}) * 1000)::bigint`;
}

/** The records that rows link to by a field, each once. */
export const linkedFrom = (table: Table, link: Field, recordIds: readonly string[]): Sql => sql`
  select distinct l.id from ${tableSql(table).name} i, unnest(${storedValue(link, ROW)}) l(id)
  where i.id = any(${recordIds})`;

/** A cell that was computed here: its value as JSON has it, and whether it is an error. */
export interface ComputedCell {
  readonly id: string;
  readonly v: unknown;
  readonly e: boolean;
}

/** Writes the cells that differ; their rows get a new version. Answers as `recomputeRows` does. */
export const writeCells = (
  node: ComputedNode,
  { cells, hasErrors }: { readonly cells: readonly ComputedCell[]; readonly hasErrors: boolean },
): Sql => {
  const { table, field } = node;
  const errors = hasErrors
    ? sql`, errors = ${errorsAfter({ nodes: [node] }, ofCell, "t.errors")}`
    : empty;
  return sql`
    update ${tableSql(table).name} as t
    set ${constant(quoteIdent(field.id))} = s.v, version = ${CURRENT_TXN}${errors}
    from ${cellRows(field, cells)}
    where t.id = s.id and t.id = any(${cells.map(({ id }) => id)}) and ${isOther(field)}
    returning t.id, ${constant(`'{${field.id}}'`)}`;
};

/** The rows that hold something else than these cells. */
export const rowsUnlike = (
  { table, field }: Pick<ComputedNode, "table" | "field">,
  cells: readonly ComputedCell[],
): Sql => sql`
  select t.id from ${tableSql(table).name} t join ${cellRows(field, cells)} on t.id = s.id
  where t.id = any(${cells.map(({ id }) => id)}) and ${isOther(field)}`;

/** The rows in which the plan gives something else than they hold. */
export const rowsUnlikePlan = (
  table: Table,
  plan: RowPlan,
  recordIds: readonly string[],
): Sql => sql`
  select t.id from (${recomputed(table, plan, recordIds)}) s
  join ${tableSql(table).name} t on t.ctid = s.place where cardinality(s.changed) > 0`;

const ofCell: ValuePart = (_field, part) => `s.${part}`;

function isOther(field: Field): Sql {
  return differs(field, { now: ofCell, old: `t.${quoteIdent(field.id)}`, errors: "t.errors" });
}

function cellRows(field: Field, cells: readonly ComputedCell[]): Sql {
  const { sqlType = "text" } = field.options as ComputedState;
  return sql`json_to_recordset(${JSON.stringify(cells)}::json)
    as s(id text collate "C", v ${constant(sqlType)}, e boolean)`;
}
