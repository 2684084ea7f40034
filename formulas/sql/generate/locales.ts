import { createRequire } from "node:module";
import moment from "moment";

/**
 * What DATETIME_FORMAT and DATETIME_PARSE must know of a locale, taken out of moment.js by asking it, so that functions of its locale
 * files become data. Names with several forms come as a list of forms, each with the format (a regular expression) that asks for it.
 */
interface LocaleData {
  readonly months: readonly Form[];
  readonly monthsShort: readonly Form[];
  readonly weekdays: readonly Form[];
  readonly weekdaysShort: readonly Form[];
  readonly weekdaysMin: readonly Form[];
  /** LT LTS L LL LLL LLLL l ll lll llll */
  readonly long: readonly string[];
  /** What numbers become, by token and for all others (*): a text in which % is the number, or such texts and which of them each number takes. */
  readonly ordinal: Readonly<Record<string, string | readonly [readonly string[], string]>>;
  /** Texts for half hours from midnight on, and which of them each takes: capitals first, then small. */
  readonly meridiem: readonly [readonly string[], string, string];
  /** First day of the week, and what decides about the first week. */
  readonly week: readonly [number, number];
  /** How names and halves of the day are recognised; what is absent is as in English. */
  readonly reads: Reading;
  /** Eras from the last back to the first: first day, name, narrow name, abbreviation, and the number of its first year less one. */
  readonly eras?: readonly (readonly [
    since: string,
    name: string,
    narrow: string,
    abbreviation: string,
    before: number,
  ])[];
  /** Characters of the output and what they become; absent when nothing does. */
  readonly digits?: readonly [string, string];
}
interface Reading {
  /** Names are looked for at the start only and must be written out. */
  readonly monthsExact?: true;
  readonly weekdaysExact?: true;
  /** Regular expressions of the locale's own: for a long and a short month, and for each month and day from the first. */
  readonly month?: string;
  readonly monthShort?: string;
  readonly monthEach?: readonly string[];
  readonly weekdayEach?: readonly string[];
  readonly ordinal?: string;
  readonly meridiem?: string;
  /** Halves of the day in small letters, and what they make of the hours from 0 to 24 (-1: no hour) when they are not as in English. */
  readonly hours: Readonly<Record<string, "am" | "pm" | readonly number[]>>;
}
type Form = readonly [pattern: string, names: readonly string[]];

/** The locales that formulas may ask for, English first. */
export const localeCodes: readonly string[] = (
  "en af ar ar-ma ar-sa ar-tn az be bg bn bo br bs ca cs cv cy da de de-at el en-au en-ca en-gb en-ie en-nz eo es et eu fa fi fo fr fr-ca " +
  "fr-ch fy gl he hi hr hu hy-am id is it ja jv ka km ko lb lt lv me mk ml mr ms my nb ne nl nn pl pt pt-br ro ru si sk sl sq sr " +
  "sr-cyrl sv ta th tl-ph tr tzl tzm tzm-latn uk uz vi zh-cn zh-tw"
).split(" ");

/** Months stand in another form beside a day unless the locale says otherwise. */
const besideDay = String.raw`D[oD]?(\[[^\[\]]*\]|\s)+MMMM?`;
const longFormats = ["LT", "LTS", "L", "LL", "LLL", "LLLL", "l", "ll", "lll", "llll"] as const;
const ordinalTokens = {
  M: [1, 12],
  Q: [1, 4],
  D: [1, 31],
  d: [0, 6],
  w: [1, 53],
  W: [1, 53],
} as const;
const ALPHABET = "abcdefghijklmnopqrstuvwxyz";

/** The data of a locale of moment.js. */
export function localeData(code: string): LocaleData {
  createRequire(import.meta.url)(code === "en" ? "moment" : `moment/locale/${code}`);
  const locale = moment.localeData(code);
  if (locale === null) {
    throw new Error(`moment.js has no locale ${code}`);
  }
  const inner = locale as unknown as Record<string, unknown>;
  const digits = digitsOf(locale);
  const eras = code === "ja" ? erasOf(locale) : undefined;
  return {
    months: forms(inner["_months"], (date, format) => locale.months(date, format), monthDates),
    monthsShort: forms(
      inner["_monthsShort"],
      (date, format) => locale.monthsShort(date, format),
      monthDates,
    ),
    weekdays: forms(inner["_weekdays"], (date, format) => locale.weekdays(date, format), weekDates),
    weekdaysShort: forms(inner["_weekdaysShort"], (date) => locale.weekdaysShort(date), weekDates),
    weekdaysMin: forms(inner["_weekdaysMin"], (date) => locale.weekdaysMin(date), weekDates),
    long: longFormats.map((name) => locale.longDateFormat(name)),
    ordinal: ordinals(locale),
    meridiem: meridiems(locale),
    reads: readingOf(locale, inner),
    week: [locale.firstDayOfWeek(), locale.firstDayOfYear()],
    ...(eras === undefined ? {} : { eras }),
    ...(digits === null ? {} : { digits }),
  };
}

/** Read before anything is parsed: moment.js keeps what it makes out of the names in the same places. */
function readingOf(locale: moment.Locale, inner: Record<string, unknown>): Reading {
  const source = (key: string) =>
    inner[key] instanceof RegExp
      ? inner[key].source.replaceAll(String.raw`\d`, "[0-9]")
      : undefined;
  const sources = (key: string) => {
    const each = inner[key];
    return Array.isArray(each) && each.length > 0
      ? each.map(({ source: one }: RegExp) => one)
      : undefined;
  };
  const found = {
    month: source("_monthsRegex"),
    monthShort: source("_monthsShortRegex"),
    ordinal: source("_dayOfMonthOrdinalParse"),
    meridiem: source("_meridiemParse"),
    monthEach: sources("_monthsParse"),
    weekdayEach: sources("_weekdaysParse"),
    monthsExact: inner["_monthsParseExact"] ? (true as const) : undefined,
    weekdaysExact: inner["_weekdaysParseExact"] ? (true as const) : undefined,
  };
  const given = Object.fromEntries(
    Object.entries(found).filter(([, value]) => value !== undefined),
  ) as Partial<Reading>;
  return { ...given, hours: hoursOf(locale) };
}

interface HalfDays {
  readonly meridiemHour?: (hour: number, meridiem: string) => number | undefined;
  readonly isPM?: (text: string) => boolean;
}

function hoursOf(locale: moment.Locale): Reading["hours"] {
  const [texts] = meridiems(locale);
  const { meridiemHour, isPM } = locale as unknown as HalfDays;
  const hourIn = (hour: number, text: string): number => {
    if (meridiemHour) {
      return meridiemHour.call(locale, hour, text) ?? -1;
    }
    if (isPM?.call(locale, text)) {
      return hour < 12 ? hour + 12 : hour;
    }
    return hour === 12 ? 0 : hour;
  };
  return Object.fromEntries(
    texts.map((given) => {
      const text = given.trim();
      const hours = Array.from({ length: 25 }, (_, hour) => hourIn(hour, text));
      const half =
        hours.join() === englishHours.am ? "am" : hours.join() === englishHours.pm ? "pm" : hours;
      return [text.toLowerCase(), half];
    }),
  );
}

const hoursInDay = Array.from({ length: 25 }, (_, hour) => hour);
const englishHours = {
  am: hoursInDay.map((hour) => (hour === 12 ? 0 : hour)).join(),
  pm: hoursInDay.map((hour) => (hour < 12 ? hour + 12 : hour)).join(),
};

interface Era {
  readonly since: string;
  readonly offset: number;
  readonly name: string;
  readonly narrow: string;
  readonly abbr: string;
}

/** Only Japanese counts years by eras. */
function erasOf(locale: moment.Locale): LocaleData["eras"] {
  const { _eras } = locale as unknown as { readonly _eras: readonly Era[] };
  return _eras
    .filter(({ since }) => since.length === 10 && !since.startsWith("0000"))
    .map(({ since, offset, name, narrow, abbr }) => [
      since,
      name,
      narrow,
      abbr,
      Number(since.slice(0, 4)) - offset,
    ]);
}

const monthDates = Array.from({ length: 12 }, (_, month) => moment.utc([2000, month]));
const weekDates = Array.from({ length: 7 }, (_, day) => moment.utc([2000, 0, 2 + day]));

/** Formats that ask locales written as functions for their other forms, with the pattern that the function looks for. */
const knownPatterns: readonly (readonly [pattern: string, format: string])[] = [
  [String.raw`(\[[ВвУу]\]) ?dddd`, "[В] dddd"],
  [String.raw`\[?(?:минулої|наступної)? ?\] ?dddd`, "[минулої] dddd"],
  ["-MMM-", "DD-MMM-YYYY"],
  [String.raw`D\.? MMMM`, "D MMMM"],
  ["^(?:(?!MMMM).)*D.*MMMM", "D[x]MMMM"],
];

function forms(
  given: unknown,
  name: (date: moment.Moment, format: string) => string,
  dates: readonly moment.Moment[],
): readonly Form[] {
  const plain: Form = ["", dates.map((date) => name(date, ""))];
  // moment.js keeps names that a function gives apart from names that are data.
  if (given === undefined) {
    const others = knownPatterns
      .map(([pattern, format]): Form => [pattern, dates.map((date) => name(date, format))])
      .filter(([, names]) => names.join() !== plain[1].join());
    // "D MMMM" is what the more general pattern of a day somewhere before the month also takes.
    const general = others.filter(([pattern]) => pattern.startsWith("^"));
    return [...(general.length > 0 ? general : others), plain];
  }
  if (Array.isArray(given)) {
    return [plain];
  }
  const { isFormat, format } = given as {
    readonly isFormat?: RegExp;
    readonly format: readonly string[];
  };
  return [[isFormat?.source ?? besideDay, format], plain];
}

function ordinals(locale: moment.Locale): LocaleData["ordinal"] {
  const general = ordinalOf(locale, "DDD", [0, 366]);
  const others = Object.entries(ordinalTokens)
    .filter(([token, [first, last]]) => {
      const same = (n: number): boolean =>
        ordinalText(locale, token, n) === ordinalText(locale, "DDD", n);
      return !Array.from({ length: last - first + 1 }, (_, index) => first + index).every(same);
    })
    .map(([token, range]) => [token, ordinalOf(locale, token, range)] as const);
  return { "*": general, ...Object.fromEntries(others) };
}

/** Numbers beyond the end are like the one from 100 to 199 with the same last two digits. */
function ordinalOf(
  locale: moment.Locale,
  token: string,
  [first, last]: readonly [number, number],
): string | readonly [readonly string[], string] {
  const texts: string[] = [];
  const taken = Array.from({ length: last + 1 }, (_, n) => {
    const text = ordinalText(locale, token, Math.max(n, first)).replace(
      String(Math.max(n, first)),
      "%",
    );
    if (!texts.includes(text)) {
      texts.push(text);
    }
    return ALPHABET[texts.indexOf(text)] ?? "";
  });
  const repeats = taken.every((letter, n) => n < 200 || letter === taken[n - 100]);
  const [only = ""] = texts;
  return texts.length === 1 ? only : [texts, taken.slice(0, repeats ? 200 : taken.length).join("")];
}

function ordinalText(locale: moment.Locale, token: string, n: number): string {
  const ordinal = locale.ordinal as unknown as (
    this: moment.Locale,
    n: number,
    token: string,
  ) => string | number;
  return String(ordinal.call(locale, n, token));
}

function meridiems(locale: moment.Locale): LocaleData["meridiem"] {
  const texts: string[] = [];
  const taken = [false, true].map((small) =>
    Array.from({ length: 48 }, (_, half) => {
      const text = locale.meridiem(Math.floor(half / 2), (half % 2) * 30, small);
      if (!texts.includes(text)) {
        texts.push(text);
      }
      return ALPHABET[texts.indexOf(text)];
    }).join(""),
  );
  return [texts, taken[0] ?? "", taken[1] ?? ""];
}

function digitsOf(locale: moment.Locale): readonly [string, string] | null {
  const changed = [..."0123456789,"].filter(
    (character) => locale.postformat(character) !== character,
  );
  return changed.length === 0
    ? null
    : [changed.join(""), changed.map((one) => locale.postformat(one)).join("")];
}
