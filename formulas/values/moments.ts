import moment from "moment";
import { inRange } from "./dates.ts";

/** What a date is written as when no format is given. Open point 9.6. */
export const DEFAULT_FORMAT = "YYYY-MM-DDTHH:mm:ssZ";

/** The locales that formulas may ask for; moment.js loads each when it is first used. */
const locales: ReadonlySet<string> = new Set(
  (
    "af ar ar-ma ar-sa ar-tn az be bg bn bo br bs ca cs cv cy da de de-at el en-au en-ca en-gb en-ie en-nz eo es et eu fa " +
    "fi fo fr fr-ca fr-ch fy gl he hi hr hu hy-am id is it ja jv ka km ko lb lt lv me mk ml mr ms my nb ne nl nn pl pt " +
    "pt-br ro ru si sk sl sq sr sr-cyrl sv ta th tl-ph tr tzl tzm tzm-latn uk uz vi zh-cn zh-tw"
  ).split(" "),
);

/** The locale to use for a text of a formula: a known code in any case, otherwise English. */
export function localeOf(text: string): string {
  const code = text.toLowerCase().replaceAll("_", "-");
  return locales.has(code) ? code : "en";
}

/** A date as text, in a zone and a locale. The zone must be one that `isZone` accepts. */
export function formatted(
  date: number,
  format: string,
  { zone, locale }: { readonly zone: string | null; readonly locale: string | null },
): string {
  const value = moment.utc(date);
  if (zone !== null) {
    const { offsetMinutes, abbreviation } = zoneAt(date, zone);
    value.utcOffset(offsetMinutes);
    value.zoneAbbr = () => abbreviation;
  }
  value.zoneName = value.zoneAbbr;
  if (locale !== null) {
    value.locale(localeOf(locale));
  }
  // moment.js takes the empty format for its own default.
  return format === "" ? "" : withLineBreaks(format, (plain) => value.format(plain));
}

/** moment.js sees no line breaks but those in brackets, and fails on a format of nothing else. */
const LINE_BREAKS = ["\n", "\r", "\u2028", "\u2029"] as const;
/** White space that nobody writes and that moment.js prints as it is. */
const STAND_INS = [
  ..."\v\f\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u205f",
];

/** Prints a format with other white space in the place of its line breaks, which come back at the end. */
function withLineBreaks(format: string, print: (format: string) => string): string {
  const free = STAND_INS.filter((one) => !format.includes(one));
  const pairs = LINE_BREAKS.filter((one) => format.includes(one)).map(
    (one, at) => [one, free[at] ?? " "] as const,
  );
  const plain = pairs.reduce((text, [one, other]) => text.replaceAll(one, other), format);
  return pairs.reduce((text, [one, other]) => text.replaceAll(other, one), print(plain));
}

/** The date that a text is when read with a format, as moment.js reads it when it is not strict; null for none. */
export function parsedWith(
  text: string,
  format: string,
  { now, locale }: { readonly now: number; readonly locale: string | null },
): number | null {
  const clock = moment.now;
  // What the text does not say comes from the current day, and this is the only way to tell moment.js which that is.
  moment.now = () => now;
  try {
    const value = moment.utc(text, format, localeOf(locale ?? "en"));
    return value.isValid() ? inRange(value.valueOf()) : null;
  } finally {
    moment.now = clock;
  }
}

/** True when the clock can decide what a format gives: it has no year, or gives only a part of a date. */
export function needsToday(format: string): boolean {
  return !/[YXxLl]/.test(format.replaceAll(/\[[^\]]*\]/g, ""));
}

/** True for a name of the IANA time zone database. */
export function isZone(name: string): boolean {
  return zoneFormat(name) !== null;
}

const zoneFormats = new Map<string, Intl.DateTimeFormat | null>();
/** Zones remembered; there are about 600, so the limit only stops nonsense from filling memory. */
const ZONES_MAX = 1000;

function zoneFormat(name: string): Intl.DateTimeFormat | null {
  const known = zoneFormats.get(name);
  if (known !== undefined) {
    return known;
  }
  const made = /^[A-Za-z]/.test(name) ? newZoneFormat(name) : null;
  if (zoneFormats.size < ZONES_MAX) {
    zoneFormats.set(name, made);
  }
  return made;
}

function newZoneFormat(timeZone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
      era: "short",
      timeZoneName: "short",
    });
  } catch {
    return null;
  }
}

function zoneAt(date: number, zone: string): { offsetMinutes: number; abbreviation: string } {
  const parts = new Map(
    (zoneFormat(zone)?.formatToParts(date) ?? []).map(({ type, value }) => [type, value]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type) ?? 0);
  const year = parts.get("era") === "BC" ? 1 - part("year") : part("year");
  const local = new Date(0);
  local.setUTCFullYear(year, part("month") - 1, part("day"));
  local.setUTCHours(part("hour"), part("minute"), part("second"));
  const seconds = Math.floor(date / 1000);
  return {
    // Offsets before 1900 have seconds; formats show minutes only.
    offsetMinutes: Math.round((local.getTime() / 1000 - seconds) / 60),
    abbreviation: parts.get("timeZoneName") ?? zone,
  };
}

/** How far a date is from now, in English words without direction; the steps are those of moment.js. */
export function distanceText(date: number, now: number): string {
  const seconds = Math.abs(date - now) / 1000;
  const [second, minute, hour, day] = [1, 60, 3600, 86_400].map((unit) =>
    Math.round(seconds / unit),
  );
  const months = (seconds / 86_400) * (4800 / 146_097);
  const month = Math.round(months);
  const year = Math.round(months / 12);
  const steps: readonly (readonly [boolean, string])[] = [
    [(second ?? 0) < 45, "a few seconds"],
    [(minute ?? 0) <= 1, "a minute"],
    [(minute ?? 0) < 45, `${minute} minutes`],
    [(hour ?? 0) <= 1, "an hour"],
    [(hour ?? 0) < 22, `${hour} hours`],
    [(day ?? 0) <= 1, "a day"],
    [(day ?? 0) < 26, `${day} days`],
    [month <= 1, "a month"],
    [month < 11, `${month} months`],
    [year <= 1, "a year"],
  ];
  return steps.find(([fits]) => fits)?.[1] ?? `${year} years`;
}
