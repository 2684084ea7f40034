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
import { blank, call, textConstant, type Operation, type Typed } from "../types/typed.ts";
import {
  added,
  afterWorkdays,
  difference,
  holidaysIn,
  unitMs,
  unitOf,
  workdaysBetween,
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
      const name = toText(unit);
      return call(counting(name), [dateOrBlank(one), dateOrBlank(other), name], {
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

/** Adding a known number of units of fixed length is one addition; everything else asks the calendar. */
function moving(count: Typed, unit: Typed): Operation {
  const known = unitOf(constantText(unit) ?? "");
  const shift =
    Math.trunc(constantNumber(count) ?? Number.NaN) * (known === null ? Number.NaN : unitMs(known));
  return Math.abs(shift) <= SHIFT_MAX_MS
    ? { ...dateadd, repeats: true, sql: shifted(shift) }
    : dateadd;
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
function counting(unit: Typed): Operation {
  const known = unitOf(constantText(unit) ?? "");
  const length = known === null ? Number.NaN : unitMs(known);
  return Number.isNaN(length) ? datetimeDiff : { ...datetimeDiff, sql: countedBy(length) };
}

const datetimeDiff: Operation = {
  name: "DATETIME_DIFF",
  takesBlank: true,
  evaluate: ([one = null, other = null, unit = null]) => differenceOf(one, other, unit),
  sql: sqlCall("datetime_diff"),
};

function countedBy(length: number): Operation["sql"] {
  const milliseconds = (instant: Sql) => sql`round(date_part('epoch', ${instant}) * 1000)`;
  return ([one = sql`null`, other = sql`null`]) =>
    sql`coalesce(trunc((${milliseconds(one)} - ${milliseconds(other)}) / ${raw(String(length))}) + 0, 'NaN')`;
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
