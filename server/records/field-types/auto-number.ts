import type { FieldType, NoOptions } from "./field-type.ts";
import { finiteNumber } from "./number.ts";
import { cellRefused, checkNoOptions, fieldComputed } from "./refusals.ts";
import { plainKeys } from "./sort-keys.sql.ts";

/** The number that the row got when it was made: from 1, never used again. An upsert may compare with it. */
export const autoNumber: FieldType<NoOptions> = {
  name: "autoNumber",
  computed: true,
  primaryAllowed: true,
  creatable: "extension",
  recordsetType: null,
  mergeType: "bigint",
  needs: "nothing",
  column: () => ({ own: false, expression: "auto_number" }),
  createOptions: checkNoOptions,
  changeOptions: (input, _current, context) => checkNoOptions(input, context),
  airtableOptions: () => undefined,
  parse(_value, field) {
    throw fieldComputed(field);
  },
  typecast(_value, field) {
    throw fieldComputed(field);
  },
  parseKey(value, field) {
    const number = finiteNumber(value, field);
    if (number !== null && !Number.isSafeInteger(number)) {
      throw cellRefused(field, "an automatic number is whole");
    }
    return number;
  },
  compileJson: () => (text) => text,
  compileShow: () => (text) => text,
  sortKeys: (_field, column) => plainKeys(column, "bigint"),
};
