import type { FilterDay, FilterRange } from "@basalt/contract";
import { DateTime } from "luxon";
import { isInstant, isoMoment, isUtc } from "../field-types/calendar.ts";

/** Days, the first and the last one counted, in a zone. */
export interface DayRange {
  readonly first: DateTime;
  readonly last: DateTime;
}

/** When something is asked, and where the days begin and end. */
export interface DayContext {
  readonly now: Date;
  /** IANA name, `utc` or `client`. */
  readonly zone: string;
}

/** The day that a condition names; undefined where it names none of the years 1 to 9999. */
export function dayOf(value: FilterDay, context: DayContext): DateTime | undefined {
  const today = todayIn(context);
  switch (value.mode) {
    case "exactDate":
      return exactDay(value.exactDate, context.zone);
    case "today":
      return today;
    case "tomorrow":
      return today.plus({ days: 1 });
    case "yesterday":
      return today.minus({ days: 1 });
    case "oneWeekAgo":
      return today.minus({ weeks: 1 });
    case "oneWeekFromNow":
      return today.plus({ weeks: 1 });
    case "oneMonthAgo":
      return today.minus({ months: 1 });
    case "oneMonthFromNow":
      return today.plus({ months: 1 });
    case "daysAgo":
      return today.minus({ days: value.numberOfDays });
    case "daysFromNow":
      return today.plus({ days: value.numberOfDays });
  }
}

/** The days that `isWithin` names. */
export function daysOf(value: FilterRange, context: DayContext): DayRange {
  const today = todayIn(context);
  switch (value.mode) {
    case "pastWeek":
      return { first: today.minus({ weeks: 1 }), last: today };
    case "pastMonth":
      return { first: today.minus({ months: 1 }), last: today };
    case "pastYear":
      return { first: today.minus({ years: 1 }), last: today };
    case "pastNumberOfDays":
      return { first: today.minus({ days: value.numberOfDays }), last: today };
    case "nextWeek":
      return { first: today, last: today.plus({ weeks: 1 }) };
    case "nextMonth":
      return { first: today, last: today.plus({ months: 1 }) };
    case "nextYear":
      return { first: today, last: today.plus({ years: 1 }) };
    case "nextNumberOfDays":
      return { first: today, last: today.plus({ days: value.numberOfDays }) };
    case "thisCalendarWeek": {
      // Luxon counts Sunday as 7; weeks begin with it here, as in Airtable's English calendar.
      const first = today.minus({ days: today.weekday % 7 });
      return { first, last: first.plus({ days: 6 }) };
    }
    case "thisCalendarMonth":
      return { first: today.startOf("month"), last: today.endOf("month").startOf("day") };
    case "thisCalendarYear":
      return { first: today.startOf("year"), last: today.endOf("year").startOf("day") };
  }
}

/**
 * The first and last millisecond of days, since 1970: of a field of days without a time those of the day in UTC, which is
 * how formulas hold it; of instants those of the day in its zone.
 */
export function bounds(
  { first, last }: DayRange,
  { dateOnly }: { readonly dateOnly: boolean },
): { readonly from: number; readonly to: number } {
  const placed = (day: DateTime): DateTime =>
    dateOnly ? day.setZone("utc", { keepLocalTime: true }) : day;
  return {
    from: Math.max(FIRST_MS, placed(first).startOf("day").toMillis()),
    to: Math.min(LAST_MS, placed(last).endOf("day").toMillis()),
  };
}

/** No date is before or after these: the years 1 to 9999 in UTC. */
const FIRST_MS = -62_135_596_800_000;
const LAST_MS = 253_402_300_799_999;

function todayIn({ now, zone }: DayContext): DateTime {
  return DateTime.fromJSDate(now, { zone: luxonZone(zone) }).startOf("day");
}

/** The day of a date, or of an instant where an offset makes it one. */
function exactDay(text: string, zone: string): DateTime | undefined {
  const moment = isoMoment(text.trim());
  if (moment === undefined) {
    return undefined;
  }
  const { year, month, day, clock, offsetMinutes } = moment;
  if (clock === undefined || offsetMinutes === undefined) {
    return DateTime.fromObject({ year, month, day }, { zone: luxonZone(zone) });
  }
  const instant = DateTime.fromObject({ year, month, day, ...clock }, { zone: "utc" }).minus({
    minutes: offsetMinutes,
  });
  return isInstant(instant.toMillis())
    ? instant.setZone(luxonZone(zone)).startOf("day")
    : undefined;
}

function luxonZone(zone: string): string {
  return isUtc(zone) ? "utc" : zone;
}
