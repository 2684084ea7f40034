import sql, { join, raw, type Sql } from "sql-template-tag";
import {
  compile,
  compileCondition,
  compileTogether,
  type FormulaOfField,
} from "../compile/compile.sql.ts";
import { sqlTypeOf } from "../compile/literals.sql.ts";
import { dayAsInstant } from "../types/instants.sql.ts";
import type { SqlContext } from "../types/typed.ts";
import type { FormulaField, TypedFormula } from "../types/type-of.ts";
import type { Kind } from "../types/kinds.ts";
import type { EvaluationContext } from "../evaluate.ts";

/** The query that computes a formula for records given as JSON, one row each, in order. */
export function computedRows(
  formula: TypedFormula,
  fields: readonly FormulaField[],
  { rows, run }: { readonly rows: string; readonly run: EvaluationContext },
): Sql {
  const { steps, value, fails } = compile(formula, contextOf(fields, run));
  return sql`
    select ${readable(value, formula.root.kind)} as value, ${fails ?? sql`false`} as fails
    from ${recordset(fields, rows)} ${joined(steps)}
    order by r.place`;
}

/** The query that gives the places of the records that a condition keeps. */
export function keptRows(
  condition: TypedFormula,
  fields: readonly FormulaField[],
  { rows, run }: { readonly rows: string; readonly run: EvaluationContext },
): Sql {
  const { steps, holds } = compileCondition(condition, contextOf(fields, run));
  return sql`
    select r.place from ${recordset(fields, rows)} ${joined(steps)}
    where ${holds}
    order by r.place`;
}

/** The query that computes formulas which may refer to each other, as columns `value0`, `fails0` and so on. */
export function computedTogether(
  formulas: readonly FormulaOfField[],
  fields: readonly FormulaField[],
  { rows, run }: { readonly rows: string; readonly run: EvaluationContext },
): Sql {
  const { steps, fields: computed } = compileTogether(formulas, contextOf(fields, run));
  const columns = formulas.flatMap(({ fieldId, formula }, index) => {
    const { value, fails } = computed.get(fieldId) ?? { value: sql`null`, fails: null };
    return [
      sql`${readable(value, formula.root.kind)} as ${raw(`value${index}`)}`,
      sql`${fails ?? sql`false`} as ${raw(`fails${index}`)}`,
    ];
  });
  return sql`
    select ${join(columns)}
    from ${recordset(fields, rows)} ${joined(steps)}
    order by r.place`;
}

function recordset(fields: readonly FormulaField[], rows: string): Sql {
  const columns = fields.flatMap(({ id, kind }) => [
    sql`${raw(`"${id}"`)} ${isDay(kind) ? raw("date") : sqlTypeOf(kind)}`,
    raw(`"${id}_fails" boolean`),
  ]);
  return sql`json_to_recordset(${rows}::json) as r(place int, ${join(columns)})`;
}

/** A day without a time, which has a column of its own type. */
function isDay(kind: Kind): boolean {
  return kind.type === "date" && kind.dateOnly;
}

function joined(steps: readonly Sql[]): Sql {
  return steps.length === 0 ? sql`` : join(steps, "\n");
}

/** The run's facts as constants, the record's values as columns of `r`. */
export function contextOf(fields: readonly FormulaField[], run: EvaluationContext): SqlContext {
  const days = new Set(fields.flatMap(({ id, kind }) => (isDay(kind) ? [id] : [])));
  const failing = new Set(fields.filter(({ canFail }) => canFail === true).map(({ id }) => id));
  const instant = (milliseconds: number | null) =>
    milliseconds === null
      ? sql`null::timestamptz`
      : sql`${new Date(milliseconds).toISOString()}::timestamptz`;
  return {
    now: instant(run.now),
    recordId: sql`${run.recordId}::text`,
    createdTime: instant(run.createdTime),
    lastModified: (fieldIds) => instant(run.lastModified(fieldIds)),
    field: (id) => ({
      value: days.has(id) ? dayAsInstant(raw(`r."${id}"`)) : raw(`r."${id}"`),
      ...(failing.has(id) ? { fails: raw(`coalesce(r."${id}_fails", false)`) } : {}),
    }),
  };
}

/** Dates leave as milliseconds since 1970. */
function readable(value: Sql, kind: Kind): Sql {
  if (kind.type === "date") {
    return sql`formula.milliseconds(${value})`;
  }
  return kind.type === "array" && kind.of.type === "date"
    ? sql`case when ${value} is not null then array(select formula.milliseconds(one) from unnest(${value}) as one) end`
    : value;
}
