import { constant, empty, join, sql, type Sql } from "#kernel";
import { cellsAsJson } from "../rows/rows.sql.ts";
import { tableSql } from "../rows/table-sql.ts";
import { CONTEXT } from "./field-values.sql.ts";
import type { CompiledFormula } from "./language.ts";
import type { Field, Table } from "../schema/base-schema.ts";

export const lastRecompute = (fieldId: string): Sql => sql`
  select r.at, r.txn, r.rows, r.took_ms as "tookMs" from records.recomputes r where r.field_id = ${fieldId}`;

/** Records in which the field is an error, what some fields hold there, and which parts of its formula are errors. */
export const failingRows = (
  table: Table,
  field: Field,
  {
    fields,
    probes,
    limit,
  }: {
    readonly fields: readonly Field[];
    readonly probes: readonly Probe[];
    readonly limit: number;
  },
): Sql => {
  const steps = probes.flatMap(({ part, condition }) => [
    ...part.steps,
    ...(condition?.steps ?? []),
  ]);
  const flags = probes.map(probed);
  return sql`
    select t.id, t.cells, array[${flags.length === 0 ? empty : join(flags)}]::boolean[]
    from (
      select t.id, ${cellsAsJson(fields)} as cells, t.auto_number
      from ${tableSql(table).name} t where ${field.id} = any(t.errors)
      order by t.auto_number limit ${limit}
    ) t
    join ${tableSql(table).name} i on i.id = t.id ${CONTEXT}${steps.length === 0 ? empty : sql` ${join(steps, " ")}`}
    order by t.auto_number`;
};

/** A part of a formula, and the condition under which it counts. */
export interface Probe {
  readonly part: CompiledFormula;
  readonly condition?: CompiledFormula;
  readonly taken?: boolean;
}

function probed({ part, condition, taken = true }: Probe): Sql {
  const fails = sql`coalesce(${part.fails ?? constant("false")}, true)`;
  return condition === undefined
    ? fails
    : sql`(${fails} and (${condition.value}) is ${constant(taken ? "true" : "not true")})`;
}
