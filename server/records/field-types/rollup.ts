import { rollupOptions } from "@basalt/contract";
import {
  computedBase,
  type ComputedState,
  type ResultConfig,
  shownByResult,
  shownState,
} from "./computed.ts";
import type { FieldType, OptionsContext } from "./field-type.ts";
import { formatOf } from "./formula.ts";
import { checkOptions } from "./refusals.ts";

/** What is kept about a rollup. */
export interface RollupOptions extends ComputedState {
  readonly recordLinkFieldId: string;
  readonly fieldIdInLinkedTable: string;
  /** Over `values`; absent for the default of the source's type. */
  readonly formula?: string;
  /** Over the linked table: which records count. */
  readonly filterByFormula?: string;
  readonly format?: ResultConfig;
}

/** A formula over one field of all linked records. */
export const rollup: FieldType<RollupOptions> = {
  ...computedBase,
  ...shownByResult,
  name: "rollup",
  primaryAllowed: false,
  createOptions: readRollup,
  changeOptions: (input, current, context) =>
    readRollup(
      {
        recordLinkFieldId: current.recordLinkFieldId,
        fieldIdInLinkedTable: current.fieldIdInLinkedTable,
        formula: current.formula,
        filterByFormula: current.filterByFormula,
        result: current.format,
        ...(input as object),
      },
      context,
    ),
  airtableOptions: (options) => ({
    recordLinkFieldId: options.recordLinkFieldId,
    fieldIdInLinkedTable: options.fieldIdInLinkedTable,
    referencedFieldIds: options.referencedFieldIds ?? [],
    ...(options.formula !== undefined && { formula: options.formula }),
    ...(options.filterByFormula !== undefined && { filterByFormula: options.filterByFormula }),
    ...shownState(options),
  }),
};

function readRollup(input: unknown, context: OptionsContext): RollupOptions {
  const { recordLinkFieldId, fieldIdInLinkedTable, formula, filterByFormula, result } =
    checkOptions(rollupOptions, input, context);
  return {
    recordLinkFieldId,
    fieldIdInLinkedTable,
    ...(formula !== undefined && formula.trim() !== "" && { formula }),
    ...(filterByFormula !== undefined && filterByFormula.trim() !== "" && { filterByFormula }),
    ...formatOf(result),
  };
}
