import { type CheckboxOptions, checkboxOptions } from "@basalt/contract";
import type { Field, FieldType } from "./field-type.ts";
import { cellRefused, checkOptions } from "./refusals.ts";
import { plainKeys } from "./sort-keys.sql.ts";

const yes = new Set(["true", "checked", "1", "yes"]);

/** True or empty: unchecked is stored as null, so that there is one way to be unchecked. */
export const checkbox: FieldType<CheckboxOptions> = {
  name: "checkbox",
  computed: false,
  primaryAllowed: false,
  creatable: "yes",
  recordsetType: "boolean",
  mergeType: "boolean",
  needs: "nothing",
  column: () => ({ own: true, sqlType: "boolean" }),
  createOptions: (input, context) => checkOptions(checkboxOptions, input, context),
  changeOptions: (input, _current, context) => checkOptions(checkboxOptions, input, context),
  airtableOptions: (options) => options,
  parse: checked,
  typecast(value, field) {
    if (typeof value === "string") {
      return yes.has(value.trim().toLowerCase()) ? true : null;
    }
    return checked(typeof value === "number" ? value !== 0 : value, field);
  },
  compileJson: () => (text) => (text === "t" ? "true" : null),
  compileShow: () => (text) => (text === "t" ? "checked" : null),
  sortKeys: (_field, column) => plainKeys(column, "boolean"),
};

function checked(value: unknown, field: Field): true | null {
  if (value !== null && typeof value !== "boolean") {
    throw cellRefused(field);
  }
  return value === true ? true : null;
}
