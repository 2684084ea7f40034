import { buttonOptions } from "@basalt/contract";
import { computedBase, type ComputedState } from "./computed.ts";
import type { FieldType, OptionsContext } from "./field-type.ts";
import { jsonText } from "./json-text.ts";
import { checkOptions } from "./refusals.ts";
import { plainKeys } from "./sort-keys.sql.ts";

/** What is kept about a button. */
export interface ButtonOptions extends ComputedState {
  readonly label: string;
  /** Gives the address that it opens. */
  readonly formula?: string;
}

const DEFAULT_LABEL = "Open";

/** A button that opens an address. The column holds the address, an empty text where there is none: a button is always there. */
export const button: FieldType<ButtonOptions> = {
  ...computedBase,
  name: "button",
  primaryAllowed: false,
  column: ({ options }) => ({ own: true, sqlType: options.sqlType ?? "text" }),
  createOptions: readButton,
  changeOptions: (input, current, context) =>
    readButton({ label: current.label, formula: current.formula, ...(input as object) }, context),
  airtableOptions: () => undefined,
  compileJson: ({ options }) => {
    const label = jsonText(options.label);
    return (text) =>
      text === null ? null : `{"label":${label},"url":${text === "" ? "null" : jsonText(text)}}`;
  },
  compileShow:
    ({ options }) =>
    (text) =>
      text === null ? null : options.label,
  sortKeys: (_field, column) => plainKeys(column, "text"),
};

function readButton(input: unknown, context: OptionsContext): ButtonOptions {
  const { label = DEFAULT_LABEL, formula } = checkOptions(buttonOptions, input ?? {}, context);
  return { label, ...(formula !== undefined && formula.trim() !== "" && { formula }) };
}
