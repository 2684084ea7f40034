import sql, { raw, type Sql } from "sql-template-tag";
import type { ComparisonOperator } from "../language/tree.ts";
import { isoText, startOfDay } from "../values/dates.ts";
import { operatorSql } from "./order.ts";

/** Instants that are the beginning of a day, with that day. */
const days = new WeakMap<Sql, Sql>();

/** The instant at which a day of a `date` column begins in UTC, as a `timestamptz`. */
export function dayAsInstant(day: Sql): Sql {
  const instant = sql`((${day})::timestamp at time zone 'UTC')`;
  days.set(instant, day);
  return instant;
}

/** An instant as a `timestamp` in UTC; a day is not taken there and back. */
export function inUtc(instant: Sql = sql`null`): Sql {
  const day = days.get(instant);
  return day === undefined ? sql`timezone('UTC', ${instant})` : sql`(${day})::timestamp`;
}

/** A part of an instant in UTC, `float8`. The part is one of ours. */
export function partInUtc(part: string, instant: Sql | undefined): Sql {
  return sql`date_part(${raw(`'${part}'`)}, ${inUtc(instant)})`;
}

/** An instant as PostgreSQL writes it by a template, in UTC. The template is one of ours. */
export function textInUtc(instant: Sql | undefined, template: string): Sql {
  return sql`to_char(${inUtc(instant)}, ${raw(`'${template}'`)})`;
}

/** Milliseconds since 1970, `float8`. */
export function millisecondsOf(instant: Sql | undefined): Sql {
  const day = instant && days.get(instant);
  return day === undefined
    ? sql`round(${partInUtc("epoch", instant)} * 1000)`
    : sql`((${day} - date '1970-01-01') * 86400000::float8)`;
}

/** An instant against one that is known, in milliseconds since 1970. A day stays a bare column, which an index can answer. */
export function comparedInstant(
  operator: ComparisonOperator,
  instant: Sql | undefined,
  known: number,
): Sql {
  const day = instant && days.get(instant);
  const midnight = startOfDay(known);
  if (day === undefined || (known !== midnight && (operator === "=" || operator === "!="))) {
    return sql`(${instant} ${operatorSql(operator)} ${raw(`'${isoText(known)}'::timestamptz`)})`;
  }
  const date = raw(`'${isoText(known).slice(0, 10)}'::date`);
  if (known === midnight) {
    return sql`(${day} ${operatorSql(operator)} ${date})`;
  }
  // A day that begins before an instant within a day begins no later than that day.
  return sql`(${day} ${operatorSql(operator.startsWith("<") ? "<=" : ">")} ${date})`;
}
