import { watchOptions } from "@basalt/contract";
import type { ComputedState } from "./computed.ts";
import type { FieldType, NoOptions, OptionsContext, SystemColumn } from "./field-type.ts";
import { personJson, personName } from "./people.ts";
import { checkNoOptions, checkOptions, fieldComputed } from "./refusals.ts";
import { textKeys } from "./sort-keys.sql.ts";
import { watches } from "./stamps.ts";

/** Who made the record. Empty where no user did. */
export const createdBy = authorType("createdBy", "created_by");

/** What is kept about a last author: of chosen fields it stands in a column of its own. */
export type ModifiedByOptions = Pick<ComputedState, "isValid" | "sqlType" | "referencedFieldIds">;

/** Who changed the record last, or, of chosen fields, one of them. */
export const lastModifiedBy: FieldType<ModifiedByOptions> = {
  ...authorType("lastModifiedBy", "modified_by"),
  column: ({ options }) =>
    watches(options)
      ? { own: true, sqlType: options.sqlType ?? "text" }
      : { own: false, expression: "modified_by" },
  createOptions: readWatchOptions,
  changeOptions: (input, _current, context) => readWatchOptions(input, context),
  airtableOptions: ({ isValid = true, referencedFieldIds }) =>
    referencedFieldIds === undefined ? undefined : { isValid, referencedFieldIds },
};

function readWatchOptions(input: unknown, context: OptionsContext): ModifiedByOptions {
  const { referencedFieldIds = [] } = checkOptions(watchOptions, input ?? {}, context);
  return referencedFieldIds.length > 0 ? { referencedFieldIds } : {};
}

function authorType(
  name: "createdBy" | "lastModifiedBy",
  expression: SystemColumn,
): FieldType<NoOptions> {
  return {
    name,
    computed: true,
    primaryAllowed: false,
    creatable: "extension",
    recordsetType: null,
    mergeType: null,
    needs: "nothing",
    column: () => ({ own: false, expression }),
    createOptions: checkNoOptions,
    changeOptions: (input, _current, context) => checkNoOptions(input, context),
    airtableOptions: () => undefined,
    parse(_value, field) {
      throw fieldComputed(field);
    },
    typecast(_value, field) {
      throw fieldComputed(field);
    },
    compileJson: (_field, context) => personJson(context),
    compileShow: (_field, context) => personName(context),
    sortKeys: (_field, column, context) => textKeys(context.userText(column, "one")),
  };
}
