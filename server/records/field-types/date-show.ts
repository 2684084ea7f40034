import type {
  DateFormatName,
  DateOptions,
  DateTimeOptions,
  TimeFormatName,
} from "@basalt/contract";
import { DateTime } from "luxon";
import { type Clock, dayText, instantOfStamp, isUtc } from "./calendar.ts";
import type { ShowContext } from "./field-type.ts";

/**
 * Shows `YYYY-MM-DD` in a format. `us`, `european` and `iso` are the same everywhere; `local` is the short date of the
 * locale (`1/2/2024`, `2.1.2024`), `friendly` its long one (`January 2, 2024`).
 */
export function dayShower(
  { name }: { readonly name: DateFormatName },
  locale: string,
): (day: string) => string {
  switch (name) {
    case "iso":
      return (day) => day;
    case "us":
      return (day) => `${Number(day.slice(5, 7))}/${Number(day.slice(8, 10))}/${day.slice(0, 4)}`;
    case "european":
      return (day) => `${Number(day.slice(8, 10))}/${Number(day.slice(5, 7))}/${day.slice(0, 4)}`;
    case "local":
      return byLocale(locale, "numeric");
    case "friendly":
      return byLocale(locale, "long");
  }
}

function byLocale(locale: string, month: "numeric" | "long"): (day: string) => string {
  const format = new Intl.DateTimeFormat(locale, {
    year: "numeric",
    month,
    day: "numeric",
    timeZone: "UTC",
  });
  return (day) => format.format(Date.parse(`${day}T00:00:00Z`));
}

/** Shows a time: `3:04pm` or `15:04`. */
export function showClock(
  { hour, minute }: Pick<Clock, "hour" | "minute">,
  name: TimeFormatName,
): string {
  const minutes = String(minute).padStart(2, "0");
  return name === "24hour"
    ? `${String(hour).padStart(2, "0")}:${minutes}`
    : `${hour % 12 === 0 ? 12 : hour % 12}:${minutes}${hour < 12 ? "am" : "pm"}`;
}

/** Shows PostgreSQL's text of a `timestamptz` as day and time, in the zone asked for, else in the field's own. */
export function stampShower(
  options: DateTimeOptions,
  context: ShowContext,
): (stamp: string) => string {
  const inZone = zoned(context.timeZone ?? options.timeZone);
  const showDay = dayShower(options.dateFormat, localeOf(context));
  return (stamp) => {
    const local = inZone(stamp);
    return `${showDay(dayText(local))} ${showClock(local, options.timeFormat.name)}`;
  };
}

/** The same without the time. */
export function stampDayShower(
  options: DateOptions,
  context: ShowContext,
): (stamp: string) => string {
  const inZone = zoned(context.timeZone ?? "utc");
  const showDay = dayShower(options.dateFormat, localeOf(context));
  return (stamp) => showDay(dayText(inZone(stamp)));
}

/** The locale to show in: English where nobody asked for another. */
export function localeOf(context: ShowContext): string {
  return context.userLocale ?? "en";
}

/** True for a tag that a request may send as `userLocale`. */
export function isUserLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

function zoned(timeZone: string): (stamp: string) => DateTime {
  const zone = isUtc(timeZone) ? "utc" : timeZone;
  return (stamp) => DateTime.fromMillis(instantOfStamp(stamp), { zone });
}
