import { sql, type Sql } from "#kernel";
import { inRange, who, type EventRange } from "./conditions.sql.ts";
import { iso } from "./counts.sql.ts";
import { isStep, type Step } from "./funnel.sql.ts";

export interface RetentionAsked extends EventRange {
  readonly start: Step;
  /** Undefined: any event. */
  readonly back: Step | undefined;
  readonly period: "day" | "week";
  /** How many periods after the first are asked for. */
  readonly periods: number;
}

/**
 * The beginning of a cohort, how many periods later (-1: the whole cohort), and how many users. Somebody's cohort is the
 * period of their first event of the kind in the range.
 */
export function seeWhoReturns(asked: RetentionAsked): Sql {
  const { start, back, period, periods, timeZone } = asked;
  const days = period === "day" ? 1 : 7;
  const local = sql`date_trunc(${period}, at at time zone ${timeZone})`;
  return sql`
    with members as materialized (
      select ${who} as who, min(${local}) as cohort from analytics.events
      where ${inRange(asked)} and ${isStep(start)} and ${who} is not null group by 1
    ), seen as (
      select ${who} as who, ${local} as seen from analytics.events
      where ${inRange(asked)} and ${who} is not null and ${back === undefined ? sql`true` : isStep(back)}
      group by 1, 2
    ), returned as (
      select m.cohort, (s.seen::date - m.cohort::date) / ${days}::integer as later, count(*) as users
      from members m join seen s on s.who = m.who and s.seen >= m.cohort
      group by 1, 2
    )
    select ${iso(sql`cohort at time zone ${timeZone}`)}, later::text, users::text
    from (
      select cohort, -1 as later, count(*) as users from members group by cohort
      union all
      select cohort, later, users from returned where later <= ${periods}
    ) r
    order by cohort, later`;
}
