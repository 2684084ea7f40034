import { countOptions } from "@basalt/contract";
import { computedBase, type ComputedState, shownByResult } from "./computed.ts";
import type { FieldType, OptionsContext } from "./field-type.ts";
import { checkOptions } from "./refusals.ts";

/** What is kept about a count. */
export interface CountOptions extends ComputedState {
  readonly recordLinkFieldId: string;
  /** Over the linked table: which records count. */
  readonly filterByFormula?: string;
}

/** How many records are linked. */
export const count: FieldType<CountOptions> = {
  ...computedBase,
  ...shownByResult,
  name: "count",
  primaryAllowed: false,
  createOptions: readCount,
  changeOptions: (input, current, context) =>
    readCount(
      {
        recordLinkFieldId: current.recordLinkFieldId,
        filterByFormula: current.filterByFormula,
        ...(input as object),
      },
      context,
    ),
  airtableOptions: ({ isValid = false, recordLinkFieldId, filterByFormula }) => ({
    isValid,
    recordLinkFieldId,
    ...(filterByFormula !== undefined && { filterByFormula }),
  }),
};

function readCount(input: unknown, context: OptionsContext): CountOptions {
  const { recordLinkFieldId, filterByFormula } = checkOptions(countOptions, input, context);
  return {
    recordLinkFieldId,
    ...(filterByFormula !== undefined && filterByFormula.trim() !== "" && { filterByFormula }),
  };
}
