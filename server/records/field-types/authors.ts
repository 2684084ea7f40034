import type { FieldType, NoOptions, SystemColumn } from "./field-type.ts";
import { personJson, personName } from "./people.ts";
import { checkNoOptions, fieldComputed } from "./refusals.ts";
import { textKeys } from "./sort-keys.sql.ts";

/** Who made the record. Empty where no user did. */
export const createdBy = authorType("createdBy", "created_by");
/** Who changed the record last. */
export const lastModifiedBy = authorType("lastModifiedBy", "modified_by");

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
