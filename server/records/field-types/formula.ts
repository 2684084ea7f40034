import { formulaOptions } from "@basalt/contract";
import {
  computedBase,
  type ComputedState,
  type ResultConfig,
  shownByResult,
  shownState,
} from "./computed.ts";
import type { FieldType } from "./field-type.ts";
import { checkOptions } from "./refusals.ts";

/** What is kept about a formula: its text, fields in it by id, and what follows from it. */
export interface FormulaOptions extends ComputedState {
  readonly formula: string;
  /** How somebody wants the result shown; used while it fits. */
  readonly format?: ResultConfig;
}

/** A value computed from other fields of the record. */
export const formula: FieldType<FormulaOptions> = {
  ...computedBase,
  ...shownByResult,
  name: "formula",
  primaryAllowed: true,
  createOptions: (input, context) => definitionOf(checkOptions(formulaOptions, input, context)),
  changeOptions: (input, current, context) =>
    definitionOf(
      checkOptions(
        formulaOptions,
        { formula: current.formula, result: current.format, ...(input as object) },
        context,
      ),
    ),
  airtableOptions: (options) => ({
    formula: options.formula,
    referencedFieldIds: options.referencedFieldIds ?? null,
    ...shownState(options),
  }),
};

function definitionOf({
  formula: text,
  result,
}: {
  readonly formula: string;
  readonly result?:
    | { readonly type: ResultConfig["type"]; readonly options?: unknown }
    | null
    | undefined;
}): FormulaOptions {
  return { formula: text, ...formatOf(result) };
}

/** A wish for how a result is shown, as it is kept. */
export function formatOf(
  result: { readonly type: ResultConfig["type"]; readonly options?: unknown } | null | undefined,
): { readonly format?: ResultConfig } {
  if (result === undefined || result === null) {
    return {};
  }
  const { type, options } = result;
  return { format: typeof options === "object" && options !== null ? { type, options } : { type } };
}
