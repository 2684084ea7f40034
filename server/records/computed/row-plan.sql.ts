import { constant, empty, join, quoteIdent, sql, type Sql } from "#kernel";
import type { ComputedState } from "../field-types/computed.ts";
import type { BaseSchema, Field, Table } from "../schema/base-schema.ts";
import { CONTEXT, stepName, type RowSource } from "./field-values.sql.ts";
import { computedGraph, type ComputedNode } from "./graph.ts";
import { errorStepOf, stepOf } from "./steps.sql.ts";
import { watchedFields } from "./watched-fields.ts";

/** How the computed fields of one table are computed in a row `i`. */
export interface RowPlan {
  /** Each after those that it reads. */
  readonly nodes: readonly ComputedNode[];
  /** What stands after the row `i` in a `from`: the steps, each `"c_fld…"` with its value as `v`. */
  readonly chain: Sql;
  /** Fields of the row that steps read, and system columns. */
  readonly reads: readonly Field[];
  /** Some step reads the clock or the names of persons. */
  readonly needsContext: boolean;
  /** The table has the column `errors`. */
  readonly hasErrors: boolean;
  /** Fields whose changes are timed in the column `touched`. */
  readonly watched: readonly Field[];
}

const plans = new WeakMap<Table, RowPlan | null>();

/** The plan for the computed fields of a table that a write computes in its own statement; undefined where it has none. */
export function rowPlan(schema: BaseSchema, table: Table): RowPlan | undefined {
  let plan = plans.get(table);
  if (plan === undefined) {
    const nodes = computedGraph(schema).byTable.get(table.id) ?? [];
    const inStatement = nodes.filter(({ afterStatement }) => !afterStatement);
    // Times of change are kept by the same statement, also where only another table asks for them.
    plan =
      inStatement.length === 0 && watchedFields(schema, table).length === 0
        ? null
        : planOf(schema, table, { nodes: inStatement });
    plans.set(table, plan);
  }
  return plan ?? undefined;
}

/** True where the table has computed fields that the statement of a write leaves out. */
export function computedAfter(schema: BaseSchema, table: Table): boolean {
  return (computedGraph(schema).byTable.get(table.id) ?? []).some(
    ({ afterStatement }) => afterStatement,
  );
}

/** The plan that computes nothing and makes every field an error, or empty where it cannot hold one. */
export function errorPlan(schema: BaseSchema, table: Table): RowPlan | undefined {
  const nodes = computedGraph(schema).byTable.get(table.id) ?? [];
  return nodes.length === 0 && watchedFields(schema, table).length === 0
    ? undefined
    : errorPlanOf(schema, table, nodes);
}

/** The same for some of them. */
export function errorPlanOf(
  schema: BaseSchema,
  table: Table,
  nodes: readonly ComputedNode[],
): RowPlan {
  return {
    nodes,
    chain: joined(nodes.map(({ field }) => errorStepOf(field))),
    reads: [],
    needsContext: false,
    hasErrors: hasErrors(table),
    watched: watchedFields(schema, table),
  };
}

/**
 * The plan for some of them; the others are taken from the row as they are. `held`: the linked records that the filter of the one
 * field keeps, where PostgreSQL cannot tell.
 */
export function planOf(
  schema: BaseSchema,
  table: Table,
  { nodes, held }: { readonly nodes: readonly ComputedNode[]; readonly held?: readonly string[] },
): RowPlan {
  const done = new Set<string>();
  const source: RowSource = { alias: "i", steps: done };
  const read = new Set(nodes.flatMap(({ inputs }) => inputs.own));
  const steps: Sql[] = [];
  for (const { field } of nodes) {
    const input = { schema, table, field, source, ...(held !== undefined && { held }) };
    steps.push(stepOf(input, read.has(field.id)));
    done.add(field.id);
  }
  const needsContext = steps.some(({ text }) => /\bcontext\.(?:now|people)\b/.test(text));
  return {
    nodes,
    chain: sql`${needsContext ? sql` ${CONTEXT}` : empty}${joined(steps)}`,
    reads: table.fields.filter(({ id }) => read.has(id) && !done.has(id)),
    needsContext,
    hasErrors: hasErrors(table),
    watched: watchedFields(schema, table),
  };
}

function joined(steps: readonly Sql[]): Sql {
  return steps.length === 0 ? empty : join(steps, "");
}

/** True where the rows of a table can hold errors: they have the column `errors`. */
export function hasErrors(table: Pick<Table, "fields">): boolean {
  return table.fields.some((field) => (field.options as ComputedState).mayFail === true);
}

/** Where the parts of computed values stand in a statement: v, e and p of `stepOf`, as SQL. */
export type ValuePart = (field: Field, part: "v" | "e" | "p") => string;

/** In the steps themselves: each part to be used once, as a step may be repeated where it is used. */
export const inSteps: ValuePart = (field, part) => `${stepName(field.id)}.${part}`;

/** In columns that `valueColumns` has made. */
export function inColumns(alias: string): ValuePart {
  return (field, part) => `${alias}.${partColumn(field, part)}`;
}

/** All parts of the plan's values as columns, comma before each. */
export function valueColumns(plan: RowPlan): Sql {
  return constant(
    plan.nodes
      .flatMap(({ field }) =>
        partsOf(field).map((part) => `, ${inSteps(field, part)} as ${partColumn(field, part)}`),
      )
      .join(""),
  );
}

function partColumn({ id }: Field, part: "v" | "e" | "p"): string {
  return quoteIdent(part === "v" ? id : `${id}_${part}`);
}

function partsOf(field: Field): readonly ("v" | "e" | "p")[] {
  const { mayFail = false } = field.options as ComputedState;
  return mayFail ? (isMarkedList(field) ? ["v", "e", "p"] : ["v", "e"]) : ["v"];
}

/** Errors stand among the values of a lookup; anything else is one as a whole. */
function isMarkedList({ type }: Field): boolean {
  return type === "multipleLookupValues";
}

/** True where a computed value differs from what the row held. */
export function differs(
  field: Field,
  { now, old, errors }: { readonly now: ValuePart; readonly old: string; readonly errors: string },
): Sql {
  const changed = `${old} is distinct from ${now(field, "v")}`;
  if ((field.options as ComputedState).mayFail !== true) {
    return constant(changed);
  }
  const failed = `coalesce('${field.id}' = any(${errors}), false) <> ${now(field, "e")}`;
  const places = isMarkedList(field)
    ? ` or (select e from unnest(${errors}) e where starts_with(e, '${field.id}:')) is distinct from '${field.id}:' || ${now(field, "p")}`
    : "";
  return constant(`(${changed} or ${failed}${places})`);
}

/** The ids of the fields of which `when` is true, as an array. */
export function idsWhere(nodes: readonly ComputedNode[], when: (field: Field) => Sql): Sql {
  const terms = nodes.map(
    ({ field }) => sql`case when ${when(field)} then ${constant(`'${field.id}'`)} end`,
  );
  return terms.length === 0
    ? constant("'{}'::text[]")
    : sql`array_remove(array[${join(terms)}]::text[], null)`;
}

/** The column `errors` with what the plan's fields are now; errors of fields that are not computed here stay. */
export function errorsAfter({ nodes }: Pick<RowPlan, "nodes">, now: ValuePart, old: string): Sql {
  if (nodes.length === 0) {
    return constant(old);
  }
  const terms = nodes.flatMap(({ field }) => {
    const parts = partsOf(field);
    return [
      ...(parts.includes("e") ? [`case when ${now(field, "e")} then '${field.id}' end`] : []),
      ...(parts.includes("p") ? [`'${field.id}:' || ${now(field, "p")}`] : []),
    ];
  });
  const mine = nodes.map(({ field }) => `'${field.id}'`).join(", ");
  const kept = `case when ${old} is not null then array(select e from unnest(${old}) e where left(e, 17) not in (${mine})) end`;
  return constant(
    terms.length === 0
      ? `nullif(${kept}, '{}')`
      : `nullif(${kept} || array_remove(array[${terms.join(", ")}]::text[], null), '{}')`,
  );
}

/** The column of a computed field, its name alone. */
export function columnName(field: Field): Sql {
  return constant(quoteIdent(field.id));
}
