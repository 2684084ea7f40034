import { DateTime } from "luxon";

/** A day of the calendar, years 1 to 9999. */
export interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** A time of the day. */
export interface Clock {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

/** A day, perhaps with a time, perhaps with its distance from UTC in minutes. */
export interface Moment extends Day {
  readonly clock?: Clock;
  readonly offsetMinutes?: number;
}

export const midnight: Clock = { hour: 0, minute: 0, second: 0, millisecond: 0 };

// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999Z: what PostgreSQL and four digits of a year both hold.
const FIRST_MS = -62_135_596_800_000;
const LAST_MS = 253_402_300_799_999;

const isoPattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(?:([Zz])|([+-])(\d{2}):?(\d{2})?)?)?$/;

/** An ISO 8601 date or date-time. Undefined where it is none, or names a day or time that does not exist. */
export function isoMoment(text: string): Moment | undefined {
  const match = isoPattern.exec(text);
  if (match === null) {
    return undefined;
  }
  const [
    ,
    year,
    month,
    day,
    hour,
    minute,
    second = "0",
    fraction = "",
    zulu,
    sign,
    offsetHours,
    offsetMinutes = "0",
  ] = match;
  const date = realDay(Number(year), Number(month), Number(day));
  if (date === undefined || hour === undefined) {
    return date;
  }
  const clock = realClock({
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    millisecond: Number(fraction.slice(0, 3).padEnd(3, "0")),
  });
  if (clock === undefined) {
    return undefined;
  }
  if (zulu !== undefined) {
    return { ...date, clock, offsetMinutes: 0 };
  }
  if (offsetHours === undefined) {
    return { ...date, clock };
  }
  const offset = Number(offsetHours) * 60 + Number(offsetMinutes);
  const real = Number(offsetMinutes) < 60 && offset <= 24 * 60;
  return real ? { ...date, clock, offsetMinutes: sign === "-" ? -offset : offset } : undefined;
}

/** The day, where the calendar has it. */
export function realDay(year: number, month: number, day: number): Day | undefined {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) {
    return undefined;
  }
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
  return day <= days ? { year, month, day } : undefined;
}

/** The time, where a day has it; there is no leap second and no 24:00. */
export function realClock(clock: Clock): Clock | undefined {
  return clock.hour < 24 && clock.minute < 60 && clock.second < 60 ? clock : undefined;
}

/**
 * The instant in milliseconds since 1970; undefined beyond the years 1 to 9999. Without an offset the moment is in the
 * zone; a time that the zone skips moves on by the gap.
 */
export function instantOf(moment: Moment, zone: string): number | undefined {
  const clock = moment.clock ?? midnight;
  const offset = moment.offsetMinutes ?? (isUtc(zone) ? 0 : undefined);
  const { year, month, day } = moment;
  const milliseconds =
    offset === undefined
      ? DateTime.fromObject({ year, month, day, ...clock }, { zone }).toMillis()
      : utcMilliseconds(moment, clock) - offset * 60_000;
  return isInstant(milliseconds) ? milliseconds : undefined;
}

/** True within the years 1 to 9999. */
export function isInstant(milliseconds: number): boolean {
  return milliseconds >= FIRST_MS && milliseconds <= LAST_MS;
}

/** `utc`, and `client`, for which a server without a client reads UTC. */
export function isUtc(zone: string): boolean {
  return zone === "utc" || zone === "client";
}

function utcMilliseconds(
  { year, month, day }: Day,
  { hour, minute, second, millisecond }: Clock,
): number {
  const date = new Date(0);
  // Date.UTC takes the years below 100 for those of the twentieth century.
  date.setUTCFullYear(year, month - 1, day);
  return date.setUTCHours(hour, minute, second, millisecond);
}

/** `YYYY-MM-DD`. */
export function dayText({ year, month, day }: Day): string {
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

/** The instant of PostgreSQL's `2024-01-02 03:04:05.678+00`. */
export function instantOfStamp(stamp: string): number {
  return Date.parse(stampIso(stamp));
}

/** PostgreSQL's `2024-01-02 03:04:05.678901+00` as `2024-01-02T03:04:05.678Z`. The session's zone must be UTC. */
export function stampIso(stamp: string): string {
  if (!stamp.endsWith("+00")) {
    throw new Error(
      "timestamps are read in sessions whose time zone is UTC and whose date style is ISO",
    );
  }
  const day = stamp.slice(0, 10);
  const time = stamp.slice(11, 19);
  const length = stamp.length;
  if (length === 22) {
    return `${day}T${time}.000Z`;
  }
  // Between the point and "+00" there are one to six digits.
  const fraction = length >= 26 ? stamp.slice(20, 23) : stamp.slice(20, length - 3).padEnd(3, "0");
  return `${day}T${time}.${fraction}Z`;
}
