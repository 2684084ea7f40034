import { DAY_MS, inRange, startOfDay } from "./dates.ts";

export type Unit =
  | "millisecond"
  | "second"
  | "minute"
  | "hour"
  | "day"
  | "week"
  | "month"
  | "quarter"
  | "year";

const shortUnits: Readonly<Record<string, Unit>> = {
  ms: "millisecond",
  s: "second",
  m: "minute",
  h: "hour",
  d: "day",
  w: "week",
  M: "month",
  Q: "quarter",
  y: "year",
};
const longUnits: ReadonlySet<string> = new Set(Object.values(shortUnits));

/** The unit that a text names: long words in any case and number, short ones exactly. Null when it names none. */
export function unitOf(text: string): Unit | null {
  const short = Object.hasOwn(shortUnits, text) ? shortUnits[text] : undefined;
  const long = text.toLowerCase().replace(/s$/, "");
  return short ?? (longUnits.has(long) ? (long as Unit) : null);
}

const fixedMs: Readonly<Partial<Record<Unit, number>>> = {
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: DAY_MS,
  week: 7 * DAY_MS,
};
const monthsIn: Readonly<Partial<Record<Unit, number>>> = { month: 1, quarter: 3, year: 12 };

/** Milliseconds of a unit that is always as long; NaN for months, quarters and years. */
export function unitMs(unit: Unit): number {
  return fixedMs[unit] ?? Number.NaN;
}

/** A date moved by whole units; months end where the shorter month ends. Null when it leaves the range of dates. */
export function added(date: number, count: number, unit: Unit): number | null {
  const whole = Math.trunc(count);
  const fixed = fixedMs[unit];
  const moved =
    fixed === undefined ? addedMonths(date, whole * (monthsIn[unit] ?? 1)) : date + whole * fixed;
  return Number.isFinite(moved) ? inRange(moved) : null;
}

/** Months beyond this leave the range of dates from anywhere in it. */
const MONTHS_MAX = 120_000;

function addedMonths(date: number, months: number): number {
  if (!(Math.abs(months) <= MONTHS_MAX)) {
    return Number.NaN;
  }
  const from = new Date(date);
  const to = new Date(date);
  to.setUTCDate(1);
  to.setUTCMonth(from.getUTCMonth() + months);
  to.setUTCDate(Math.min(from.getUTCDate(), daysInMonth(to)));
  return to.getTime();
}

function daysInMonth(date: Date): number {
  const end = new Date(date);
  end.setUTCDate(1);
  end.setUTCMonth(date.getUTCMonth() + 1);
  end.setUTCDate(0);
  return end.getUTCDate();
}

/** Whole units from the second date to the first, cut toward zero. */
export function difference(left: number, right: number, unit: Unit): number {
  const fixed = fixedMs[unit];
  const exact =
    fixed === undefined
      ? monthsBetween(left, right) / (monthsIn[unit] ?? 1)
      : (left - right) / fixed;
  return Math.trunc(exact) + 0;
}

/** Months with a fraction, counted from the later date back, as moment.js does: what is left over is a part of a month. */
function monthsBetween(left: number, right: number): number {
  if (new Date(left).getUTCDate() < new Date(right).getUTCDate()) {
    return -monthsBetween(right, left);
  }
  const whole =
    (new Date(right).getUTCFullYear() - new Date(left).getUTCFullYear()) * 12 +
    (new Date(right).getUTCMonth() - new Date(left).getUTCMonth());
  const anchor = addedMonths(left, whole);
  const beyond = right - anchor;
  const next = addedMonths(left, beyond < 0 ? whole - 1 : whole + 1);
  return -(whole + beyond / Math.abs(next - anchor));
}

/** Where the calendar unit that holds an instant begins, in UTC; weeks begin on Sunday. */
export function startOf(date: number, unit: Unit): number {
  const fixed = fixedMs[unit];
  if (unit === "week") {
    return startOfWeek(date, 0);
  }
  if (fixed !== undefined) {
    return Math.floor(date / fixed) * fixed;
  }
  const start = new Date(startOfDay(date));
  const month = start.getUTCMonth();
  const span = monthsIn[unit] ?? 1;
  start.setUTCDate(1);
  start.setUTCMonth(month - (month % span));
  return start.getTime();
}

/** Day of the week from 0; `firstDay` (0 is Sunday) is the day that counts as 0. */
export function weekday(date: number, firstDay: 0 | 1): number {
  return (new Date(date).getUTCDay() - firstDay + 7) % 7;
}

function startOfWeek(date: number, firstDay: 0 | 1): number {
  return startOfDay(date) - weekday(date, firstDay) * DAY_MS;
}

/** Number of the week; the week that holds January 1 is week 1 of its year. */
export function weekNumber(date: number, firstDay: 0 | 1): number {
  const start = startOfWeek(date, firstDay);
  const year = new Date(start + 6 * DAY_MS).getUTCFullYear();
  const first = startOfWeek(startOf(start + 6 * DAY_MS, "year"), firstDay);
  return year === new Date(start).getUTCFullYear() || start !== first
    ? Math.round((start - first) / (7 * DAY_MS)) + 1
    : 1;
}

/** Days that are no working days, from a text of ISO dates with commas between; what is no date is passed over. */
export function holidaysIn(text: string): readonly number[] {
  const days = text.split(",").flatMap((part) => {
    const [, year = "", month = "", day = ""] = /^\s*(\d{4})-(\d{2})-(\d{2})/.exec(part) ?? [];
    const date = Date.parse(`${year}-${month}-${day}T00:00:00.000Z`);
    // A day that its month has not would be one of the next month.
    const isDay = new Date(date).getUTCDate() === Number(day);
    return year === "" || !isDay || isWeekend(date) ? [] : [date];
  });
  return [...new Set(days)];
}

/** The date that many working days after the start (before it, when negative). Null when it leaves the range of dates. */
export function afterWorkdays(
  start: number,
  count: number,
  holidays: readonly number[],
): number | null {
  const step = count < 0 ? -1 : 1;
  let open = Math.abs(Math.trunc(count));
  if (!(open <= WORKDAYS_MAX)) {
    return null;
  }
  let date = start;
  while (open > 0) {
    const weeks = Math.floor(open / 5);
    const target = date + step * (weeks > 0 ? weeks * 7 : 1) * DAY_MS;
    open -= weeks > 0 ? weeks * 5 : isWeekend(target) ? 0 : 1;
    open += holidaysBetween(date, target, holidays);
    date = target;
    // Whole weeks can end on a day that is no working day; the count then stops one day too late, never too early.
    if (open === 0 && (isWeekend(date) || holidays.includes(startOfDay(date)))) {
      date = lastWorkday(date, step, holidays);
    }
  }
  return inRange(date);
}

/** Working days beyond this leave the range of dates from anywhere in it. */
const WORKDAYS_MAX = 2_700_000;

function lastWorkday(from: number, step: number, holidays: readonly number[]): number {
  let date = from;
  while (isWeekend(date) || holidays.includes(startOfDay(date))) {
    date -= step * DAY_MS;
  }
  return date;
}

/** Holidays after the first date up to the second, in either direction. */
function holidaysBetween(from: number, to: number, holidays: readonly number[]): number {
  const first = startOfDay(from);
  const last = startOfDay(to);
  return holidays.filter((day) =>
    to > from ? day > first && day <= last : day < first && day >= last,
  ).length;
}

/** Working days from one date to another, both counted; negative when the end is before the start. */
export function workdaysBetween(start: number, end: number, holidays: readonly number[]): number {
  const from = startOfDay(Math.min(start, end));
  const to = startOfDay(Math.max(start, end));
  const days = Math.round((to - from) / DAY_MS) + 1;
  const rest = Array.from({ length: days % 7 }, (_, index) => from + index * DAY_MS);
  const worked =
    Math.floor(days / 7) * 5 +
    rest.filter((day) => !isWeekend(day)).length -
    holidays.filter((day) => day >= from && day <= to).length;
  return (end < start && startOfDay(end) !== startOfDay(start) ? -worked : worked) + 0;
}

function isWeekend(date: number): boolean {
  const day = new Date(date).getUTCDay();
  return day === 0 || day === 6;
}
