import { type DurationOptions, durationOptions } from "@basalt/contract";
import type { FieldType } from "./field-type.ts";
import { finiteNumber, numberJson } from "./number.ts";
import { numberOf, tidy } from "./numeric-text.ts";
import { checkOptions } from "./refusals.ts";
import { plainKeys } from "./sort-keys.sql.ts";

/** Seconds, possibly with a fraction; shown in the field's format, rounded to its last unit. */
export const duration: FieldType<DurationOptions> = {
  name: "duration",
  computed: false,
  primaryAllowed: true,
  creatable: "yes",
  recordsetType: "double precision",
  mergeType: "double precision",
  needs: "nothing",
  column: () => ({ own: true, sqlType: "double precision" }),
  createOptions: (input, context) => checkOptions(durationOptions, input, context),
  changeOptions: (input, _current, context) => checkOptions(durationOptions, input, context),
  airtableOptions: (options) => options,
  parse: (value, field) => finiteNumber(value, field),
  typecast: (value, field) =>
    typeof value === "string"
      ? (secondsOf(value, field.options.durationFormat) ?? null)
      : finiteNumber(value, field),
  compileJson: () => numberJson,
  compileShow:
    ({ options }) =>
    (text) =>
      text === null ? null : showSeconds(Number(text), options.durationFormat),
  sortKeys: (_field, column) => plainKeys(column, "double precision"),
};

type DurationFormat = DurationOptions["durationFormat"];

/**
 * Seconds of a text: `1:02:03` is hours, minutes, seconds; `1:30` is what the format begins with: hours and minutes
 * in `h:mm`, minutes and seconds in the finer ones. A bare number is seconds. Undefined where it is none of these.
 */
export function secondsOf(text: string, format: DurationFormat): number | undefined {
  const trimmed = text.trim();
  const parts = /^([+-]?)(\d+):(\d{1,2})(?::(\d{1,2}))?(\.\d+)?$/.exec(trimmed);
  if (parts === null) {
    return numberOf(trimmed);
  }
  const [, sign, first, second, third, fraction = ""] = parts;
  const hoursFirst = third !== undefined || format === "h:mm";
  if (fraction !== "" && third === undefined && format === "h:mm") {
    return undefined;
  }
  const whole = hoursFirst
    ? Number(first) * 3600 + Number(second) * 60 + Number(third ?? 0)
    : Number(first) * 60 + Number(second);
  const seconds = Number(`${whole}${fraction}`);
  if (!Number.isFinite(seconds)) {
    return undefined;
  }
  return tidy(sign === "-" ? -seconds : seconds);
}

/** `5400` in `h:mm` is `1:30`; negative ones begin with a minus. */
export function showSeconds(seconds: number, format: DurationFormat): string {
  if (!Number.isFinite(seconds)) {
    return String(seconds);
  }
  const decimals = format.includes(".") ? format.length - format.indexOf(".") - 1 : 0;
  const scale = format === "h:mm" ? 1 / 60 : 10 ** decimals;
  const units = Math.round(Math.abs(seconds) * scale);
  const sign = seconds < 0 && units > 0 ? "-" : "";
  if (format === "h:mm") {
    return `${sign}${Math.floor(units / 60)}:${two(units % 60)}`;
  }
  const whole = Math.floor(units / scale);
  const clock = `${sign}${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return decimals === 0 ? clock : `${clock}.${String(units % scale).padStart(decimals, "0")}`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}
