import sql, { raw, type Sql } from "sql-template-tag";
import {
  constantNumber,
  constantText,
  dateOrBlank,
  toDate,
  toNumber,
  toText,
} from "../types/convert.ts";
import { countKind, numberKind, type Kind } from "../types/kinds.ts";
import { inUtc, millisecondsOf } from "../types/instants.sql.ts";
import { blank, call, textConstant, type Operation, type Typed } from "../types/typed.ts";
import {
  added,
  afterWorkdays,
  difference,
  holidaysIn,
  unitMs,
  unitOf,
  workdaysBetween,
  type Unit,
} from "../values/calendar.ts";
import { DATE_MAX_MS, DATE_MIN_MS, isoText } from "../values/dates.ts";
import { ERROR, type Inner } from "../values/inner.ts";
import { always, plain, sqlCall, type FormulaFunction } from "./definition.ts";
import { date, example, failure } from "./example.ts";

const day = { as: "date" } as const;
const number = { as: "number" } as const;

/** Functions that move a date or measure how far two are apart. */
export const dateDistanceFunctions: readonly FormulaFunction[] = [
  {
    name: "DATEADD",
    family: "date",
    usage: "DATEADD(date, count, unit)",
    arity: [3, 3],
    type: ([from = blank(), count = blank(), unit = blank()]) => {
      const given = [toDate(from), toNumber(count), toText(unit)] as const;
      return call(moving(given[1], given[2]), given, { kind: movedKind(given), canFail: true });
    },
    examples: [
      example('DATEADD("2024-01-31", 1, "month")', date("2024-02-29"), "b"),
      example('DATEADD("2024-02-29", 1, "year")', date("2025-02-28"), "b"),
      example('DATEADD({D}, -2, "weeks")', date("2024-02-20"), "a"),
      example('DATEADD({DT}, 90, "minutes")', date("2024-03-05T10:37:03.045Z"), "a"),
      example('DATEADD({DT}, 1.9, "M")', date("2024-04-05T09:07:03.045Z"), "c"),
      example('DATEADD({D}, 1, "fortnight")', failure, "c"),
      example('DATEADD({No Date}, 1, "day")', failure, "c"),
      example('DATEADD({D}, 1000000, "years")', failure, "c"),
    ],
  },
  {
    name: "DATETIME_DIFF",
    family: "date",
    usage: "DATETIME_DIFF(date, other, [unit])",
    arity: [2, 3],
    type: ([one = blank(), other = blank(), unit = textConstant("seconds")]) => {
      const given = [dateOrBlank(one), dateOrBlank(other), toText(unit)] as const;
      const [, , name] = given;
      return call(counting(given), given, {
        kind: numberKind(0),
        canFail: badUnit(name),
      });
    },
    examples: [
      example('DATETIME_DIFF("2024-03-01", "2024-02-01", "days")', 29, "a"),
      example('DATETIME_DIFF("2024-05-10T09:30Z", "2024-05-10T08:00Z", "hours")', 1, "a"),
      example('DATETIME_DIFF("2024-05-10T09:30Z", "2024-05-10T08:00Z", "minutes")', 90, "a"),
      example('DATETIME_DIFF("2024-01-01T12:00Z", "2024-01-03", "days")', -1, "b"),
      example('DATETIME_DIFF("2024-03-30", "2024-02-29", "months")', 1, "b"),
      example('DATETIME_DIFF("2024-12-25", "2024-01-01", "quarters")', 3, "b"),
      example('DATETIME_DIFF("2024-05-10T09:31Z", "2024-05-10T09:30Z")', 60, "a"),
      example('DATETIME_DIFF({No Date}, {D}, "days")', Number.NaN, "c"),
      example('DATETIME_DIFF("soon", {D}, "days")', failure, "c"),
      example('DATETIME_DIFF(NOW(), {DT}, "hours") < 24', 0, "a"),
    ],
  },
  plain({
    name: "WORKDAY",
    family: "date",
    usage: "WORKDAY(start, count, [holidays])",
    takes: [day, number, { as: "text", otherwise: "" }],
    gives: ([from]) => ({
      type: "date",
      dateOnly: from?.kind.type === "date" && from.kind.dateOnly,
    }),
    canFail: always,
    evaluate: ([start, count, holidays]) =>
      afterWorkdays(start as number, count as number, holidaysIn(holidays as string)) ?? ERROR,
    examples: [
      example('WORKDAY("2024-03-01", 1)', date("2024-03-04"), "a"),
      example('WORKDAY("2024-03-01", 3, "2024-03-05")', date("2024-03-07"), "b"),
      example('WORKDAY("2024-03-04", -1)', date("2024-03-01"), "b"),
      example('WORKDAY("2024-03-02", 0)', date("2024-03-02"), "c"),
    ],
  }),
  plain({
    name: "WORKDAY_DIFF",
    family: "date",
    usage: "WORKDAY_DIFF(start, end, [holidays])",
    takes: [day, day, { as: "text", otherwise: "" }],
    gives: countKind,
    evaluate: ([start, end, holidays]) =>
      workdaysBetween(start as number, end as number, holidaysIn(holidays as string)),
    examples: [
      example('WORKDAY_DIFF("2024-03-04", "2024-03-08")', 5, "a"),
      example('WORKDAY_DIFF("2024-03-01", "2024-03-04")', 2, "a"),
      example('WORKDAY_DIFF("2024-03-02", "2024-03-03")', 0, "b"),
      example('WORKDAY_DIFF("2024-03-04", "2024-03-08", "2024-03-06, 2024-03-07")', 3, "b"),
      example('WORKDAY_DIFF("2024-03-08", "2024-03-04")', -5, "b"),
    ],
  }),
];

/** True unless the unit is known and is one. */
export function badUnit(unit: Typed | undefined): boolean {
  return unitOf(constantText(unit) ?? "") === null;
}

/** Date-only stays date-only when whole days or more are added. */
function movedKind([from, , unit]: readonly Typed[]): Kind {
  const known = unitOf(constantText(unit) ?? "");
  const wholeDays = known !== null && ["day", "week", "month", "quarter", "year"].includes(known);
  return { type: "date", dateOnly: wholeDays && from?.kind.type === "date" && from.kind.dateOnly };
}

/** Adding a known number of known units is one addition in the range in which nothing can go wrong. */
function moving(count: Typed, unit: Typed): Operation {
  const known = unitOf(constantText(unit) ?? "");
  const times = Math.trunc(constantNumber(count) ?? Number.NaN);
  const months = times * (known === null ? Number.NaN : (monthsOf[known] ?? Number.NaN));
  const shift = times * (known === null ? Number.NaN : unitMs(known));
  if (Math.abs(months) <= MONTHS_MAX) {
    return { ...dateadd, repeats: true, sql: shiftedByMonths(months) };
  }
  return Math.abs(shift) <= SHIFT_MAX_MS
    ? { ...dateadd, repeats: true, sql: shifted(shift) }
    : dateadd;
}

const monthsOf: Readonly<Partial<Record<Unit, number>>> = { month: 1, quarter: 3, year: 12 };

/** More months than this leave the range of dates from anywhere in it. */
const MONTHS_MAX = 12 * 9998;

/** The calendar of an instant in UTC, where it and the result are dates. */
function shiftedByMonths(months: number): Operation["sql"] {
  const first = isoText(Math.max(DATE_MIN_MS, monthsAfter(DATE_MIN_MS, -months)));
  const last = isoText(Math.min(DATE_MAX_MS, monthsAfter(DATE_MAX_MS + 1, -months) - 1));
  const interval = raw(`'${months} months'::interval`);
  const range = raw(`'${first}'::timestamptz and '${last}'::timestamptz`);
  return ([from]) =>
    sql`case when ${from} between ${range} then timezone('UTC', ${inUtc(from)} + ${interval}) end`;
}

/** So many months after the first of a month; may be no date any more. */
function monthsAfter(firstOfMonth: number, months: number): number {
  const moved = new Date(firstOfMonth);
  moved.setUTCMonth(moved.getUTCMonth() + months);
  return moved.getTime();
}

/** Shifts longer than this leave the range of dates from anywhere in it. */
const SHIFT_MAX_MS = DATE_MAX_MS - DATE_MIN_MS;

const dateadd: Operation = {
  name: "DATEADD",
  evaluate: ([from, count, unit]) => {
    const known = unitOf(unit as string);
    return known === null ? ERROR : (added(from as number, count as number, known) ?? ERROR);
  },
  sql: sqlCall("dateadd"),
};

/** An interval without days, which would be counted in the session's time zone. */
function shifted(shift: number): Operation["sql"] {
  const first = isoText(Math.max(DATE_MIN_MS, DATE_MIN_MS - shift));
  const last = isoText(Math.min(DATE_MAX_MS, DATE_MAX_MS - shift));
  const interval = raw(`'${shift / 1000} seconds'::interval`);
  const range = raw(`'${first}'::timestamptz and '${last}'::timestamptz`);
  return ([from]) => sql`case when ${from} between ${range} then ${from} + ${interval} end`;
}

/** The difference in known units of fixed length is one division; everything else asks the calendar. */
function counting(given: readonly [one: Typed, other: Typed, unit: Typed]): Operation {
  const [one, other, unit] = given;
  const known = unitOf(constantText(unit) ?? "");
  const length = known === null ? Number.NaN : unitMs(known);
  return Number.isNaN(length)
    ? datetimeDiff
    : { ...datetimeDiff, sql: countedBy(length, [one, other]) };
}

const datetimeDiff: Operation = {
  name: "DATETIME_DIFF",
  takesBlank: true,
  evaluate: ([one = null, other = null, unit = null]) => differenceOf(one, other, unit),
  sql: sqlCall("datetime_diff"),
};

function countedBy(length: number, nodes: readonly [one: Typed, other: Typed]): Operation["sql"] {
  const milliseconds = (node: Typed, instant: Sql | undefined) =>
    node.op === "constant" && typeof node.value === "number"
      ? raw(`${node.value}::float8`)
      : millisecondsOf(instant);
  return ([one, other]) =>
    sql`coalesce(trunc((${milliseconds(nodes[0], one)} - ${milliseconds(nodes[1], other)}) / ${raw(String(length))}) + 0, 'NaN')`;
}

function differenceOf(one: Inner, other: Inner, unit: Inner): Inner {
  const known = unitOf(unit as string);
  if (known === null) {
    return ERROR;
  }
  return one === null || other === null
    ? Number.NaN
    : difference(one as number, other as number, known);
}
