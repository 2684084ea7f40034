import { constant, empty, join, quoteIdent, sql, type Sql } from "#kernel";
import type { ComputedState } from "../field-types/computed.ts";
import type { BaseSchema, Field, Table } from "../schema/base-schema.ts";
import { CONTEXT, stepName, type RowSource } from "./field-values.sql.ts";
import { computedGraph, type ComputedNode } from "./graph.ts";
import { stepOf } from "./steps.sql.ts";
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
  /** The table has the column `errors`, and its new value in a statement with these steps. */
  readonly errors: Sql | undefined;
  /** Fields whose changes are timed in the column `touched`. */
  readonly watched: readonly Field[];
}

const plans = new WeakMap<Table, RowPlan | null>();

/** The plan for all computed fields of a table; undefined where it has none. */
export function rowPlan(schema: BaseSchema, table: Table): RowPlan | undefined {
  let plan = plans.get(table);
  if (plan === undefined) {
    const nodes = computedGraph(schema).byTable.get(table.id) ?? [];
    plan = nodes.length === 0 ? null : planOf(schema, table, nodes);
    plans.set(table, plan);
  }
  return plan ?? undefined;
}

/** The plan for some of them; the others are taken from the row as they are. */
export function planOf(schema: BaseSchema, table: Table, nodes: readonly ComputedNode[]): RowPlan {
  const done = new Set<string>();
  const source: RowSource = { alias: "i", steps: done };
  const steps: Sql[] = [];
  for (const { field } of nodes) {
    steps.push(stepOf({ schema, table, field, source }));
    done.add(field.id);
  }
  const needsContext = steps.some(({ text }) => /\bcontext\.(?:now|people)\b/.test(text));
  const ids = new Set(nodes.flatMap(({ inputs }) => inputs.own));
  return {
    nodes,
    chain: sql`${needsContext ? sql` ${CONTEXT}` : empty}${join(steps, "", "")}`,
    reads: table.fields.filter(({ id }) => ids.has(id) && !done.has(id)),
    needsContext,
    errors: hasErrors(table) ? errorsAfter(nodes, done) : undefined,
    watched: watchedFields(schema, table),
  };
}

/** True where the rows of a table can hold errors: they have the column `errors`. */
export function hasErrors(table: Pick<Table, "fields">): boolean {
  return table.fields.some((field) => (field.options as ComputedState).mayFail === true);
}

/** The value of a computed field in a statement with the plan's steps. */
export function computedValue(field: Field): Sql {
  return constant(`${stepName(field.id)}.v`);
}

/** True where the field's computed value differs from the one in the row with this alias. */
export function differs(field: Field, alias: string): Sql {
  const column = `${alias}.${quoteIdent(field.id)}`;
  const step = stepName(field.id);
  const { mayFail = false, list = false } = field.options as ComputedState;
  const changed = `${column} is distinct from ${step}.v`;
  if (!mayFail) {
    return constant(changed);
  }
  const failed = `coalesce('${field.id}' = any(${alias}.errors), false) <> ${step}.e`;
  const places =
    list && field.type === "multipleLookupValues"
      ? ` or (select e from unnest(${alias}.errors) e where starts_with(e, '${field.id}:')) is distinct from '${field.id}:' || ${step}.p`
      : "";
  return constant(`(${changed} or ${failed}${places})`);
}

/** The ids of the fields of which `when` is true, as an array. */
export function idsWhere(nodes: readonly ComputedNode[], when: (field: Field) => Sql): Sql {
  const terms = nodes.map(
    ({ field }) => sql`case when ${when(field)} then ${constant(`'${field.id}'`)} end`,
  );
  return sql`array_remove(array[${join(terms)}]::text[], null)`;
}

/** Errors of fields that are not computed here stay. */
function errorsAfter(nodes: readonly ComputedNode[], done: ReadonlySet<string>): Sql {
  const failing = nodes.filter(({ field }) => (field.options as ComputedState).mayFail === true);
  const terms = failing.flatMap(({ field }) => {
    const step = stepName(field.id);
    const failed = constant(`case when ${step}.e then '${field.id}' end`);
    return field.type === "multipleLookupValues"
      ? [failed, constant(`'${field.id}:' || ${step}.p`)]
      : [failed];
  });
  const mine = constant([...done].map((id) => `'${id}'`).join(", "));
  const kept = sql`array(select e from unnest(i.errors) e where left(e, 17) not in (${mine}))`;
  return terms.length === 0
    ? sql`nullif(${kept}, '{}')`
    : sql`nullif(${kept} || array_remove(array[${join(terms)}]::text[], null), '{}')`;
}

/** The column of a computed field, its name alone. */
export function columnName(field: Field): Sql {
  return constant(quoteIdent(field.id));
}
