import type { EventFilter } from "@basalt/contract";
import { constant, join, sql, type Sql } from "#kernel";
import { inRange, matching, named, who, type EventRange } from "./conditions.sql.ts";

export interface Step {
  readonly event: string;
  readonly filters: readonly EventFilter[];
}

export interface FunnelAsked extends EventRange {
  readonly steps: readonly Step[];
  readonly windowHours: number;
}

/** True of an event that is this step. */
export const isStep = ({ event, filters }: Step): Sql => sql`(name = ${event}${matching(filters)})`;

/**
 * One row: for each step how many users took it, and the median of their seconds from the first step (null for it).
 *
 * One pass over each user's events in their order: an event that is step k carries on the latest beginning (`tK`) that an
 * earlier event brought to step k - 1, if that lies inside the window. The latest beginning is the best one: whatever
 * another could reach in time, it can too.
 */
export function followFunnel(asked: FunnelAsked): Sql {
  const { steps, windowHours } = asked;
  const numbers = steps.map((_step, at) => at + 1);
  const window = sql`make_interval(secs => ${windowHours * 3_600}::double precision)`;
  const marks = join(
    steps.map((step, at) => sql`${isStep(step)} as ${name("m", at + 1)}`),
    ", ",
  );
  let rows = sql`
    select who, at, id, ${list("m", numbers)}, case when m1 then at end as t1 from (
      select ${who} as who, at, id, ${marks} from analytics.events
      where ${inRange(asked)}${named([...new Set(steps.map(({ event }) => event))])} and ${who} is not null
    ) e where ${join(
      numbers.map((number) => name("m", number)),
      " or ",
    )}`;
  for (const number of numbers.slice(1)) {
    const before = numbers.slice(0, number - 1);
    const begun = name("c", number);
    rows = sql`
      select who, at, id, ${list("m", numbers)}, ${list("t", before)},
        case when ${name("m", number)} and ${begun} >= at - ${window} then ${begun} end as ${name("t", number)}
      from (
        select who, at, id, ${list("m", numbers)}, ${list("t", before)},
          max(${name("t", number - 1)}) over (
            partition by who order by at, id rows between unbounded preceding and 1 preceding
          ) as ${begun}
        from (${rows}) r
      ) r`;
  }
  const took = numbers.map((number) => sql`min(at - ${name("t", number)}) as ${name("d", number)}`);
  const results = numbers.map(
    (number) => sql`
      count(${name("d", number)})::text,
      percentile_cont(0.5) within group (order by extract(epoch from ${name("d", number)})::double precision)::text`,
  );
  return sql`
    select ${join(results, ", ")}
    from (select who, ${join(took, ", ")} from (${rows}) r group by who) users`;
}

function name(letter: string, number: number): Sql {
  return constant(`${letter}${number}`);
}

function list(letter: string, numbers: readonly number[]): Sql {
  return constant(numbers.map((number) => `${letter}${number}`).join(", "));
}
