import { type DateTimeOptions, dateTimeOptions } from "@basalt/contract";
import { instantOf, isInstant, isoMoment, type Moment, stampIso } from "./calendar.ts";
import { stampShower } from "./date-show.ts";
import { spelledMoment } from "./date-spelling.ts";
import type { Field, FieldType, FromText } from "./field-type.ts";
import { cellRefused, checkOptions } from "./refusals.ts";
import { plainKeys } from "./sort-keys.sql.ts";

/**
 * An instant to the millisecond, years 1 to 9999 in UTC. Written as ISO text or as milliseconds since 1970; a text
 * without an offset is in the field's zone.
 */
export const dateTime: FieldType<DateTimeOptions> = {
  name: "dateTime",
  computed: false,
  primaryAllowed: true,
  creatable: "yes",
  recordsetType: "timestamptz",
  mergeType: "timestamptz",
  needs: "nothing",
  column: () => ({ own: true, sqlType: "timestamptz(3)" }),
  createOptions: (input, context) => checkOptions(dateTimeOptions, input, context),
  changeOptions: (input, _current, context) => checkOptions(dateTimeOptions, input, context),
  airtableOptions: (options) => options,
  parse: (value, field) => readInstant(value, field, isoMoment),
  typecast: (value, field) =>
    readInstant(value, field, (text) => spelledMoment(text, field.options.dateFormat.name)),
  compileJson: () => stampJson,
  compileShow({ options }, context) {
    const show = stampShower(options, context);
    return (text) => (text === null ? null : show(text));
  },
  sortKeys: (_field, column) => plainKeys(column, "timestamptz"),
};

/** A `timestamptz` as Airtable writes it: `"2024-01-02T03:04:05.678Z"`. */
export const stampJson: FromText = (text) => (text === null ? null : `"${stampIso(text)}"`);

function readInstant(
  value: unknown,
  field: Field<DateTimeOptions>,
  read: (text: string) => Moment | undefined,
): string | null {
  if (value === null || value === "") {
    return null;
  }
  const instant = typeof value === "number" ? Math.trunc(value) : instantOfText(value, field, read);
  if (instant === undefined || !isInstant(instant)) {
    throw cellRefused(field, "not a date and time of the years 0001 to 9999");
  }
  return new Date(instant).toISOString();
}

function instantOfText(
  value: unknown,
  field: Field<DateTimeOptions>,
  read: (text: string) => Moment | undefined,
): number | undefined {
  if (typeof value !== "string") {
    throw cellRefused(field);
  }
  const moment = read(value);
  return moment === undefined ? undefined : instantOf(moment, field.options.timeZone);
}
