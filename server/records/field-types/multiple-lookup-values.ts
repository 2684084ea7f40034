import { lookupOptions } from "@basalt/contract";
import { computedBase, type ComputedState, shownByResult, shownState } from "./computed.ts";
import type { FieldType, OptionsContext } from "./field-type.ts";
import { checkOptions } from "./refusals.ts";

/** What is kept about a lookup. */
export interface LookupOptions extends ComputedState {
  readonly recordLinkFieldId: string;
  readonly fieldIdInLinkedTable: string;
  /** Over the linked table: which records count. */
  readonly filterByFormula?: string;
}

/** The values of one field of all linked records, in the order of the links; lists among them become part of the list. */
export const multipleLookupValues: FieldType<LookupOptions> = {
  ...computedBase,
  ...shownByResult,
  name: "multipleLookupValues",
  primaryAllowed: false,
  createOptions: readLookup,
  changeOptions: (input, current, context) =>
    readLookup(
      {
        recordLinkFieldId: current.recordLinkFieldId,
        fieldIdInLinkedTable: current.fieldIdInLinkedTable,
        filterByFormula: current.filterByFormula,
        ...(input as object),
      },
      context,
    ),
  airtableOptions: (options) => ({
    recordLinkFieldId: options.recordLinkFieldId,
    fieldIdInLinkedTable: options.fieldIdInLinkedTable,
    ...(options.filterByFormula !== undefined && { filterByFormula: options.filterByFormula }),
    ...shownState(options),
  }),
};

function readLookup(input: unknown, context: OptionsContext): LookupOptions {
  const { recordLinkFieldId, fieldIdInLinkedTable, filterByFormula } = checkOptions(
    lookupOptions,
    input,
    context,
  );
  return {
    recordLinkFieldId,
    fieldIdInLinkedTable,
    ...(filterByFormula !== undefined && filterByFormula.trim() !== "" && { filterByFormula }),
  };
}
