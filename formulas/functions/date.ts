import sql, { raw, type Sql } from "sql-template-tag";
import { comparison } from "../types/compare.ts";
import { constantText, dateOrBlank, filled, toText } from "../types/convert.ts";
import { booleanKind, countKind, textKind } from "../types/kinds.ts";
import { comparedInstant, inUtc, partInUtc, textInUtc } from "../types/instants.sql.ts";
import { blank, call, type Operation, type Typed } from "../types/typed.ts";
import { added, startOf, unitOf, weekNumber, weekday, type Unit } from "../values/calendar.ts";
import { DATE_MIN_MS, isoText, startOfDay } from "../values/dates.ts";
import { ERROR, type Inner } from "../values/inner.ts";
import { plain, sqlCall, type FormulaFunction } from "./definition.ts";
import { date, example, failure } from "./example.ts";

const day = { as: "date" } as const;

/** A part of a date, in UTC. */
function component(
  name: string,
  evaluate: (value: Date) => number,
  examples: FormulaFunction["examples"],
): FormulaFunction {
  const part = name.toLowerCase();
  return plain({
    name,
    family: "date",
    usage: `${name}(date)`,
    takes: [day],
    gives: countKind,
    // Seconds come with their fraction.
    sql: ([value]) =>
      part === "second" ? sql`floor(${partInUtc(part, value)})` : partInUtc(part, value),
    evaluate: ([value]) => evaluate(new Date(value as number)),
    examples,
  });
}

/** A function of a date that counts weeks from Sunday, unless Monday is given. */
function byWeek(
  name: string,
  {
    evaluate,
    direct,
  }: {
    readonly evaluate: (value: number, firstDay: 0 | 1) => number;
    readonly direct?: (value: Sql | undefined, firstDay: 0 | 1) => Sql;
  },
  examples: FormulaFunction["examples"],
): FormulaFunction {
  return plain({
    name,
    family: "date",
    usage: `${name}(date, [startDay])`,
    takes: [day, { as: "text", otherwise: "Sunday" }],
    gives: countKind,
    canFail: ([, start]) => firstDayOf(constantText(start) ?? "") === null,
    inlined: ([, start]) => {
      const first = firstDayOf(constantText(start) ?? "");
      return first === null || direct === undefined ? null : ([value]) => direct(value, first);
    },
    evaluate: ([value, start]) => {
      const first = firstDayOf(start as string);
      return first === null ? ERROR : evaluate(value as number, first);
    },
    examples,
  });
}

function firstDayOf(start: string): 0 | 1 | null {
  const name = start.toLowerCase();
  if (name === "sunday") {
    return 0;
  }
  return name === "monday" ? 1 : null;
}

/** Comparing two dates that may be blank: a blank one is never before or after another. Open point 9.5. */
function orderOfDates(
  name: string,
  operator: "<" | ">",
  examples: FormulaFunction["examples"],
): FormulaFunction {
  return {
    name,
    family: "date",
    usage: `${name}(date, other)`,
    arity: [2, 2],
    type: ([one = blank(), other = blank()]) =>
      comparison(operator, dateOrBlank(one), dateOrBlank(other)),
    examples,
  };
}

/** Now, the parts of a date, and how dates compare. */
export const dateFunctions: readonly FormulaFunction[] = [
  {
    name: "TODAY",
    family: "date",
    usage: "TODAY()",
    arity: [0, 0],
    type: () => call(today, [], { kind: { type: "date", dateOnly: true } }),
    examples: [
      example("TODAY()", date("2024-03-07"), "a"),
      example('IS_SAME(TODAY(), NOW(), "day")', 1, "a"),
      example("HOUR(TODAY())", 0, "a"),
    ],
  },
  {
    name: "NOW",
    family: "date",
    usage: "NOW()",
    arity: [0, 0],
    type: () => call(now, [], { kind: { type: "date", dateOnly: false } }),
    examples: [
      example("NOW()", date("2024-03-07T15:04:05.678Z"), "a"),
      example("NOW() >= TODAY()", 1, "a"),
    ],
  },
  component("YEAR", (value) => value.getUTCFullYear(), [
    example("YEAR({D})", 2024, "a"),
    example("YEAR({No Date})", failure, "c"),
    example("YEAR(2024)", failure, "c"),
  ]),
  component("MONTH", (value) => value.getUTCMonth() + 1, [example("MONTH({D})", 3, "a")]),
  component("DAY", (value) => value.getUTCDate(), [
    example("DAY({DT})", 5, "a"),
    example("DAY({Lookup of dates})", 9, {
      mark: "c",
      record: { "Lookup of dates": [date("2024-03-09")] },
    }),
    example("DAY({Lookup of dates})", failure, {
      mark: "c",
      record: { "Lookup of dates": [date("2024-03-09"), date("2024-03-10")] },
    }),
  ]),
  component("HOUR", (value) => value.getUTCHours(), [example("HOUR({DT})", 9, "a")]),
  component("MINUTE", (value) => value.getUTCMinutes(), [example("MINUTE({DT})", 7, "a")]),
  component("SECOND", (value) => value.getUTCSeconds(), [example("SECOND({DT})", 3, "a")]),
  byWeek("WEEKDAY", { evaluate: weekday, direct: weekdaySql }, [
    example("WEEKDAY({D})", 2, "a"),
    example('WEEKDAY({D}, "Monday")', 1, "a"),
    example('WEEKDAY("2024-03-10", "Monday")', 6, "b"),
    example('WEEKDAY({D}, "Friday")', failure, "c"),
  ]),
  byWeek("WEEKNUM", { evaluate: weekNumber }, [
    example("WEEKNUM({D})", 10, "b"),
    example('WEEKNUM("2024-01-06")', 1, "b"),
    example('WEEKNUM("2024-01-07")', 2, "b"),
    example('WEEKNUM("2024-12-31")', 1, "b"),
    example('WEEKNUM("2024-01-07", "Monday")', 1, "b"),
  ]),
  orderOfDates("IS_BEFORE", "<", [
    example('IS_BEFORE("2024-03-04", {D})', 1, "a"),
    example("IS_BEFORE({D}, {D})", 0, "a"),
    example("IS_BEFORE({No Date}, {D})", 0, "c"),
    example('IS_BEFORE("soon", {D})', failure, "c"),
  ]),
  orderOfDates("IS_AFTER", ">", [
    example("IS_AFTER({DT}, {D})", 1, "a"),
    example('IS_AFTER({DT}, DATEADD(TODAY(), -7, "days"))', 1, "a"),
  ]),
  {
    name: "IS_SAME",
    family: "date",
    usage: "IS_SAME(date, other, [unit])",
    arity: [2, 3],
    type: ([one = blank(), other = blank(), unit]) => same(one, other, unit),
    examples: [
      example('IS_SAME({D}, {DT}, "month")', 1, "a"),
      example("IS_SAME({D}, {DT})", 0, "b"),
      example('IS_SAME("2024-03-04", "2024-03-05", "week")', 1, "b"),
      example('IS_SAME({DT}, "2024-03-05", "day")', 1, "a"),
      example("IS_SAME({No Date}, {No Date})", 0, "c"),
    ],
  },
  plain({
    name: "DATESTR",
    family: "date",
    usage: "DATESTR(date)",
    takes: [day],
    gives: textKind,
    sql: ([value]) => textInUtc(value, "YYYY-MM-DD"),
    evaluate: ([value]) => isoText(value as number).slice(0, 10),
    examples: [
      example("DATESTR({DT})", "2024-03-05", "a"),
      example("DATESTR(CREATED_TIME())", "2024-03-05", "a"),
    ],
  }),
  plain({
    name: "TIMESTR",
    family: "date",
    usage: "TIMESTR(date)",
    takes: [day],
    gives: textKind,
    sql: ([value]) => textInUtc(value, "HH24:MI:SS"),
    evaluate: ([value]) => isoText(value as number).slice(11, 19),
    examples: [example("TIMESTR({DT})", "09:07:03", "a"), example("TIMESTR({D})", "00:00:00", "a")],
  }),
];

/** Beside a date that is known, a calendar unit is a range, which an index can answer. */
function same(one: Typed, other: Typed, unit: Typed | undefined): Typed {
  const left = dateOrBlank(one);
  const right = dateOrBlank(other);
  if (unit === undefined) {
    return call(sameness, [left, right, blank(textKind)], { kind: booleanKind });
  }
  const name = toText(unit);
  const known = unitOf(constantText(name) ?? "");
  const [value, fixed] = left.op === "constant" ? [right, left] : [left, right];
  const range = known !== null && fixed.op === "constant" ? rangeOf(fixed.value, known) : null;
  return range === null
    ? call(known === null ? sameness : sameIn(known), [left, right, name], {
        kind: booleanKind,
        canFail: known === null,
      })
    : filled(call(within(range), [value], { kind: booleanKind }), false);
}

type Range = readonly [start: number, end: number];

/** The unit that holds a date, up to the start of the next; null at the edge of what dates can be. */
function rangeOf(value: Inner, unit: Unit): Range | null {
  if (typeof value !== "number") {
    return null;
  }
  const start = startOf(value, unit);
  const end = added(start, 1, unit);
  return start < DATE_MIN_MS || end === null ? null : [start, end];
}

function within([start, end]: Range): Operation {
  return {
    name: "IS_SAME",
    repeats: true,
    evaluate: ([value]) => (value as number) >= start && (value as number) < end,
    sql: ([value]) =>
      sql`(${comparedInstant(">=", value, start)} and ${comparedInstant("<", value, end)})`,
  };
}

/** The same unit of the calendar, which is known. PostgreSQL's weeks begin on Monday, ours on Sunday. */
function sameIn(unit: Unit): Operation {
  const start = (value: Sql | undefined) =>
    unit === "week"
      ? sql`date_trunc('week', ${inUtc(value)} + interval '1 day')`
      : sql`date_trunc(${raw(`'${unit}'`)}, ${inUtc(value)})`;
  return {
    ...sameness,
    sql: ([one, other]) => sql`coalesce(${start(one)} = ${start(other)}, false)`,
    keeps: ([one, other]) => sql`(${start(one?.sql)} = ${start(other?.sql)})`,
  };
}

function weekdaySql(value: Sql | undefined, firstDay: 0 | 1): Sql {
  return firstDay === 0 ? partInUtc("dow", value) : sql`(${partInUtc("isodow", value)} - 1)`;
}

const today: Operation = {
  name: "TODAY",
  reads: "clock",
  evaluate: (_, run) => startOfDay(run.now),
  sql: (_, context) => sql`date_trunc('day', ${context.now}, 'UTC')`,
};

const now: Operation = {
  name: "NOW",
  reads: "clock",
  evaluate: (_, run) => run.now,
  sql: (_, context) => context.now,
};

const sameness: Operation = {
  name: "IS_SAME",
  takesBlank: true,
  evaluate: ([one = null, other = null, unit = null]) => {
    const known = unit === null ? null : unitOf(unit as string);
    if (unit !== null && known === null) {
      return ERROR;
    }
    if (one === null || other === null) {
      return false;
    }
    return known === null
      ? one === other
      : startOf(one as number, known) === startOf(other as number, known);
  },
  sql: sqlCall("is_same"),
};
