import {
  type CurrencyOptions,
  currencyOptions,
  type FieldTypeName,
  type NumberOptions,
  numberOptions,
} from "@basalt/contract";
import type { z } from "zod";
import type { Field, FieldType, FromText } from "./field-type.ts";
import { fixed, numberOf, percentOf, shift, tidy } from "./numeric-text.ts";
import { cellRefused, checkOptions } from "./refusals.ts";
import { plainKeys } from "./sort-keys.sql.ts";

/**
 * A double. Kept as it was written; the precision is how it is shown. As text: so many decimals, a point in every
 * locale, no grouping.
 */
export const number = numberType<NumberOptions>("number", {
  shape: numberOptions,
  fromText(text) {
    const found = percentOf(text);
    return found?.signed === true ? shift(found.number, -2) : found?.number;
  },
  show: (value, { precision }) => fixed(value, precision),
});

/** A double with a symbol before it when it is shown: `$5.00`, `-$5.00`. */
export const currency = numberType<CurrencyOptions>("currency", {
  shape: currencyOptions,
  fromText: (text, { symbol }) => numberOf(text, symbol),
  show(value, { precision, symbol }) {
    const text = fixed(value, precision);
    return text.startsWith("-") ? `-${symbol}${text.slice(1)}` : `${symbol}${text}`;
  },
});

/** A fraction: 0.5 is shown as `50%`. Typecast reads `12.5` and `12.5%` alike, as 0.125. */
export const percent = numberType<NumberOptions>("percent", {
  shape: numberOptions,
  fromText(text) {
    const found = percentOf(text);
    return found && shift(found.number, -2);
  },
  show: (value, { precision }) => `${fixed(shift(value, 2), precision)}%`,
});

interface NumberRules<O extends object> {
  readonly shape: z.ZodType<O>;
  fromText(text: string, options: O): number | undefined;
  show(value: number, options: O): string;
}

function numberType<O extends object>(name: FieldTypeName, rules: NumberRules<O>): FieldType<O> {
  return {
    name,
    computed: false,
    primaryAllowed: true,
    creatable: "yes",
    recordsetType: "double precision",
    mergeType: "double precision",
    needs: "nothing",
    column: () => ({ own: true, sqlType: "double precision" }),
    createOptions: (input, context) => checkOptions(rules.shape, input, context),
    changeOptions: (input, _current, context) => checkOptions(rules.shape, input, context),
    airtableOptions: (options) => options,
    parse: (value, field) => finiteNumber(value, field),
    typecast(value, field) {
      if (typeof value === "string") {
        return rules.fromText(value, field.options) ?? null;
      }
      return typeof value === "boolean" ? Number(value) : finiteNumber(value, field);
    },
    compileJson: () => numberJson,
    compileShow:
      ({ options }) =>
      (text) => {
        const value = Number(text);
        return text === null || !Number.isFinite(value) ? text : rules.show(value, options);
      },
    sortKeys: (_field, column) => plainKeys(column, "double precision"),
  };
}

/** A JSON number within the range of a double, or null. Problem: `records.cell-refused`. */
export function finiteNumber(value: unknown, field: Field): number | null {
  if (value === null) {
    return null;
  }
  if (typeof value !== "number") {
    throw cellRefused(field);
  }
  if (!Number.isFinite(value)) {
    throw cellRefused(field, "the number is beyond what a double can hold");
  }
  return tidy(value);
}

/** PostgreSQL's text of a double is JSON, but for the three values that JSON cannot write. */
export const numberJson: FromText = (text) => {
  if (text === null) {
    return null;
  }
  const last = text.charCodeAt(text.length - 1);
  return last >= 48 && last <= 57 ? text : `{"specialValue":"${text}"}`;
};
