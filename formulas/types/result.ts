import type { Kind } from "./kinds.ts";
import type { TypedFormula } from "./type-of.ts";

/** The type of a formula's result as Airtable's schema gives it in `options.result`. */
export type ResultType =
  | { readonly type: "number"; readonly options: { readonly precision: number } }
  | { readonly type: "singleLineText" }
  | { readonly type: "date"; readonly options: { readonly dateFormat: NamedFormat } }
  | {
      readonly type: "dateTime";
      readonly options: {
        readonly dateFormat: NamedFormat;
        readonly timeFormat: NamedFormat;
        readonly timeZone: "utc";
      };
    };

interface NamedFormat {
  readonly name: string;
  readonly format: string;
}

/** Digits after the point that a number field can show at most. Source: Airtable's options of number fields. */
const PRECISION_MAX = 8;

const dateFormat: NamedFormat = { name: "local", format: "l" };
const timeFormat: NamedFormat = { name: "12hour", format: "h:mma" };

/** What a formula gives, or what the elements of its array are. */
export function resultOf(formula: TypedFormula): ResultType {
  return resultOfKind(formula.root.kind);
}

function resultOfKind(kind: Kind): ResultType {
  switch (kind.type) {
    case "number":
      return { type: "number", options: { precision: Math.min(PRECISION_MAX, kind.precision) } };
    case "boolean":
      return { type: "number", options: { precision: 0 } };
    case "date":
      return kind.dateOnly
        ? { type: "date", options: { dateFormat } }
        : { type: "dateTime", options: { dateFormat, timeFormat, timeZone: "utc" } };
    case "array":
      return resultOfKind(kind.of);
    default:
      return { type: "singleLineText" };
  }
}
