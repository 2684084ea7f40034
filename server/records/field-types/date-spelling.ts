import type { DateFormatName } from "@basalt/contract";
import { type Clock, isoMoment, type Moment, realClock, realDay } from "./calendar.ts";

/** No date is written longer; bounds the work on a hostile text. */
const LONGEST_SPELLING_CHARACTERS = 100;

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const timePattern =
  /^(.*?)(?:,?\s+|[Tt])(\d{1,2})(?::(\d{2}))?(?::(\d{2})(?:\.(\d{1,9}))?)?\s*([ap])?\.?m?\.?$/i;

/**
 * A date as people write it in the field's format, perhaps with a time: ISO always; `1/2/2024` (also with `-`, `.` or
 * two digits of the year) in the order of the format, where `local` and `friendly` mean month first; with points day
 * first, unless the format is `us`; names of months in English, in either order. Undefined where it is none of these.
 */
export function spelledMoment(text: string, format: DateFormatName): Moment | undefined {
  if (text.length > LONGEST_SPELLING_CHARACTERS) {
    return undefined;
  }
  const trimmed = text.trim().replaceAll(/\s+/g, " ");
  const whole = isoMoment(trimmed) ?? spelledDay(trimmed, format);
  if (whole !== undefined) {
    return whole;
  }
  const match = timePattern.exec(trimmed);
  if (match === null) {
    return undefined;
  }
  const [, dayPart = ""] = match;
  const clock = clockOf(match);
  const day = isoMoment(dayPart) ?? spelledDay(dayPart.replace(/,$/, ""), format);
  return day === undefined || day.clock !== undefined || clock === undefined
    ? undefined
    : { ...day, clock };
}

function clockOf(match: RegExpExecArray): Clock | undefined {
  const [, , hourText, minute, second = "0", fraction = "", half] = match;
  const hour = Number(hourText);
  // A bare number after a date is no time: "3 pm" is, "3" is not.
  if (half === undefined && minute === undefined) {
    return undefined;
  }
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, "0"));
  if (half === undefined) {
    return realClock({
      hour,
      minute: Number(minute),
      second: Number(second),
      millisecond: milliseconds,
    });
  }
  if (hour < 1 || hour > 12) {
    return undefined;
  }
  const afternoon = half.toLowerCase() === "p" ? 12 : 0;
  return realClock({
    hour: (hour % 12) + afternoon,
    minute: Number(minute ?? "0"),
    second: Number(second),
    millisecond: milliseconds,
  });
}

function spelledDay(text: string, format: DateFormatName): Moment | undefined {
  return numericDay(text, format) ?? namedDay(text);
}

function numericDay(text: string, format: DateFormatName): Moment | undefined {
  const yearFirst = /^(\d{4})([/.-])(\d{1,2})\2(\d{1,2})$/.exec(text);
  if (yearFirst !== null) {
    return realDay(Number(yearFirst[1]), Number(yearFirst[3]), Number(yearFirst[4]));
  }
  const match = /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})$/.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, first, separator, second, year = ""] = match;
  const dayFirst = format === "european" || (separator === "." && format !== "us");
  return dayFirst
    ? realDay(fullYear(year), Number(second), Number(first))
    : realDay(fullYear(year), Number(first), Number(second));
}

function namedDay(text: string): Moment | undefined {
  const weekday = "(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? )?";
  const monthFirst = new RegExp(
    `^${weekday}([a-z]{3,9})\\.? (\\d{1,2})(?:st|nd|rd|th)?,? (\\d{4})$`,
    "i",
  ).exec(text);
  if (monthFirst !== null) {
    return realDay(Number(monthFirst[3]), monthOf(monthFirst[1]), Number(monthFirst[2]));
  }
  const pattern = `^${weekday}(\\d{1,2})(?:st|nd|rd|th)?[ -]([a-z]{3,9})\\.?,?[ -](\\d{4})$`;
  const dayFirst = new RegExp(pattern, "i").exec(text);
  return dayFirst === null
    ? undefined
    : realDay(Number(dayFirst[3]), monthOf(dayFirst[2]), Number(dayFirst[1]));
}

const longMonths = [
  "january",
  "february",
  "march",
  "april",
  "may",
  "june",
  "july",
  "august",
  "september",
  "october",
  "november",
  "december",
];

/** 1 to 12; 0 where no month is called so. */
function monthOf(name = ""): number {
  const lower = name.toLowerCase();
  const short = lower === "sept" ? "sep" : lower;
  return Math.max(months.indexOf(short), longMonths.indexOf(lower)) + 1;
}

/** Two digits stand for 1970 to 2069. */
function fullYear(text: string): number {
  const year = Number(text);
  return text.length === 4 ? year : year < 70 ? 2000 + year : 1900 + year;
}
