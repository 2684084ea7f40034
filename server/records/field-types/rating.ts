import { type RatingOptions, ratingOptions } from "@basalt/contract";
import type { Field, FieldType } from "./field-type.ts";
import { finiteNumber } from "./number.ts";
import { numberOf } from "./numeric-text.ts";
import { cellRefused, checkOptions } from "./refusals.ts";
import { plainKeys } from "./sort-keys.sql.ts";

/** A whole number from 1 to the field's `max`; 0 clears. */
export const rating: FieldType<RatingOptions> = {
  name: "rating",
  computed: false,
  primaryAllowed: false,
  creatable: "yes",
  recordsetType: "smallint",
  mergeType: "smallint",
  needs: "nothing",
  column: () => ({ own: true, sqlType: "smallint" }),
  createOptions: (input, context) => checkOptions(ratingOptions, input, context),
  changeOptions: (input, _current, context) => checkOptions(ratingOptions, input, context),
  airtableOptions: (options) => options,
  parse: (value, field) => withinMax(finiteNumber(value, field), field),
  typecast: (value, field) =>
    withinMax(
      typeof value === "string" ? (numberOf(value) ?? null) : finiteNumber(value, field),
      field,
    ),
  compileJson: () => (text) => text,
  compileShow: () => (text) => text,
  sortKeys: (_field, column) => plainKeys(column, "smallint"),
};

function withinMax(value: number | null, field: Field<RatingOptions>): number | null {
  if (value === null || value === 0) {
    return null;
  }
  const { max } = field.options;
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw cellRefused(field, `a rating is a whole number from 1 to ${max}`);
  }
  return value;
}
