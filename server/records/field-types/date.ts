import { type DateOptions, dateOptions } from "@basalt/contract";
import { dayText, instantOf, isoMoment, type Moment } from "./calendar.ts";
import { dayShower, localeOf } from "./date-show.ts";
import { spelledMoment } from "./date-spelling.ts";
import type { Field, FieldType } from "./field-type.ts";
import { cellRefused, checkOptions } from "./refusals.ts";
import { plainKeys } from "./sort-keys.sql.ts";

/** A day without a time, years 1 to 9999; of a date-time with an offset, its day in UTC. */
export const date: FieldType<DateOptions> = {
  name: "date",
  computed: false,
  primaryAllowed: true,
  creatable: "yes",
  recordsetType: "date",
  mergeType: "date",
  needs: "nothing",
  column: () => ({ own: true, sqlType: "date" }),
  createOptions: (input, context) => checkOptions(dateOptions, input, context),
  changeOptions: (input, _current, context) => checkOptions(dateOptions, input, context),
  airtableOptions: (options) => options,
  parse: (value, field) => readDay(value, field, isoMoment),
  typecast: (value, field) =>
    readDay(value, field, (text) => spelledMoment(text, field.options.dateFormat.name)),
  compileJson: () => (text) => (text === null ? null : `"${text}"`),
  compileShow({ options }, context) {
    const show = dayShower(options.dateFormat, localeOf(context));
    return (text) => (text === null ? null : show(text));
  },
  sortKeys: (_field, column) => plainKeys(column, "date"),
};

function readDay(
  value: unknown,
  field: Field,
  read: (text: string) => Moment | undefined,
): string | null {
  if (value === null || value === "") {
    return null;
  }
  if (typeof value !== "string") {
    throw cellRefused(field);
  }
  const moment = read(value);
  const day = moment === undefined ? undefined : utcDay(moment);
  if (day === undefined) {
    throw cellRefused(field, "not a date of the years 0001 to 9999");
  }
  return day;
}

function utcDay(moment: Moment): string | undefined {
  if (moment.offsetMinutes === undefined) {
    return dayText(moment);
  }
  const instant = instantOf(moment, "utc");
  return instant === undefined ? undefined : new Date(instant).toISOString().slice(0, 10);
}
