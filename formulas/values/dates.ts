/** Milliseconds of one day. */
export const DAY_MS = 86_400_000;

/** The first and last instant that dates of formulas can have: years 1 to 9999. Beyond, a result is an error. */
export const DATE_MIN_MS = Date.parse("0001-01-01T00:00:00.000Z");
export const DATE_MAX_MS = Date.parse("9999-12-31T23:59:59.999Z");

/** The date when it is in the range that dates can have, otherwise null. */
export function inRange(milliseconds: number): number | null {
  return milliseconds >= DATE_MIN_MS && milliseconds <= DATE_MAX_MS ? milliseconds : null;
}

/** `YYYY-MM-DDTHH:mm:ss.SSSZ` in UTC. */
export function isoText(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

const TIME = String.raw`(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)? ?(Z|[+-]\d{2}:?\d{2})?)?`;
const YEAR_FIRST = new RegExp(
  String.raw`^\s*(\d{4})(?:-(\d{2})-(\d{2})|/(\d{1,2})/(\d{1,2}))${TIME}\s*$`,
  "i",
);
const MONTH_FIRST = new RegExp(String.raw`^\s*(\d{1,2})/(\d{1,2})/(\d{4})${TIME}\s*$`, "i");

/**
 * The instant that a text names where a date is expected: `2024-03-05`, `2024/3/5` or `3/5/2024`, with a time behind it or not.
 * Null for anything else, and for days that no calendar has.
 */
export function dateIn(text: string): number | null {
  const byYear = YEAR_FIRST.exec(text);
  if (byYear !== null) {
    const [, year, month, day, slashMonth, slashDay, ...time] = byYear;
    return instant({ year, month: month ?? slashMonth, day: day ?? slashDay }, time);
  }
  const byMonth = MONTH_FIRST.exec(text);
  if (byMonth !== null) {
    const [, month, day, year, ...time] = byMonth;
    return instant({ year, month, day }, time);
  }
  return null;
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const MONTH_NAME =
  "(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";
const WEEKDAY = String.raw`(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? +)?`;
const SPOKEN_TIME = String.raw`(?:,? +(\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?(am|pm))?(?: ?(Z|UTC|GMT|[+-]\d{2}:?\d{2}))?)?`;
const MONTH_DAY = new RegExp(
  String.raw`^\s*${WEEKDAY}${MONTH_NAME}\.? +(\d{1,2})(?:st|nd|rd|th)?,? +(\d{4})${SPOKEN_TIME}\s*$`,
  "i",
);
const DAY_MONTH = new RegExp(
  String.raw`^\s*${WEEKDAY}(\d{1,2})(?:st|nd|rd|th)?[ -]+${MONTH_NAME}\.?,?[ -]+(\d{4})${SPOKEN_TIME}\s*$`,
  "i",
);

/** The instant that a text names when nothing says how it is written: as `dateIn`, RFC 2822, and English dates. */
export function spokenDateIn(text: string): number | null {
  const plain = dateIn(text);
  if (plain !== null) {
    return plain;
  }
  const [, monthName, day, year, ...time] = MONTH_DAY.exec(text) ?? [];
  if (monthName !== undefined) {
    return spoken({ year, month: monthName, day }, time);
  }
  const [, dayFirst, monthSecond, yearLast, ...timeAfter] = DAY_MONTH.exec(text) ?? [];
  return monthSecond === undefined
    ? null
    : spoken({ year: yearLast, month: monthSecond, day: dayFirst }, timeAfter);
}

interface Day {
  readonly year: string | undefined;
  readonly month: string | undefined;
  readonly day: string | undefined;
}

function spoken(
  { year, month = "", day }: Day,
  time: readonly (string | undefined)[],
): number | null {
  const [hour, minute, second, half, zone] = time;
  const number = MONTHS.indexOf(month.slice(0, 3).toLowerCase()) + 1;
  if (half !== undefined && (Number(hour) < 1 || Number(hour) > 12)) {
    return null;
  }
  const hours =
    half === undefined
      ? hour
      : String((Number(hour) % 12) + (half.toLowerCase() === "pm" ? 12 : 0));
  return instant({ year, month: String(number), day }, [hours, minute, second, undefined, zone]);
}

/** `time` is hour, minute, second, fraction and zone, each as it was written or missing. */
function instant(
  { year = "", month = "", day = "" }: Day,
  [hour = "0", minute = "0", second = "0", fraction = "", zone]: readonly (string | undefined)[],
): number | null {
  const milliseconds = Number(fraction.padEnd(3, "0").slice(0, 3));
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(Number(hour), Number(minute), Number(second), milliseconds);
  const kept =
    date.getUTCMonth() === Number(month) - 1 &&
    date.getUTCDate() === Number(day) &&
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) < 60;
  const shift = zoneShift(zone);
  return kept && shift !== null ? inRange(date.getTime() - shift) : null;
}

/** Milliseconds that a zone such as `+05:30` is ahead of UTC. Zones reach 15:59 at most, as in PostgreSQL. */
function zoneShift(zone: string | undefined): number | null {
  if (zone === undefined || /^(?:z|utc|gmt)$/i.test(zone)) {
    return 0;
  }
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  const sign = zone.startsWith("-") ? -1 : 1;
  return hours > 15 || minutes > 59 ? null : sign * (hours * 60 + minutes) * 60_000;
}

/** Midnight (UTC) of the day of an instant. */
export function startOfDay(milliseconds: number): number {
  return Math.floor(milliseconds / DAY_MS) * DAY_MS;
}
