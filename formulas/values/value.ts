import type { ArrayKind, ElementKind, Kind } from "../types/kinds.ts";
import { ERROR, type Element, type Inner } from "./inner.ts";

/** A value as it enters and leaves a formula. NaN and the infinities are numbers. */
export type Value = number | string | boolean | null | DateValue | ErrorValue | readonly Value[];

/** Milliseconds since 1970 (UTC). */
export interface DateValue {
  readonly date: number;
  readonly dateOnly: boolean;
}
export interface ErrorValue {
  readonly error: "#ERROR!";
}

/** The error that a formula gives. */
export const errorValue: ErrorValue = { error: "#ERROR!" };

/** A field's value in the form in which formulas of its kind are computed. What does not fit the kind is blank. */
export function inward(value: Value | undefined, kind: Kind): Inner {
  if (isError(value)) {
    return ERROR;
  }
  return kind.type === "array" ? inwardArray(value, kind) : inwardSingle(value ?? null, kind);
}

function inwardSingle(value: Value, kind: Kind): Inner {
  switch (kind.type) {
    case "number":
      return typeof value === "boolean" ? Number(value) : ofType(value, "number");
    case "boolean":
      return typeof value === "number" ? value !== 0 : ofType(value, "boolean");
    case "text":
      return ofType(value, "string");
    case "date":
      return isDate(value) ? value.date : null;
    default:
      return null;
  }
}

function ofType(value: Value, type: "number" | "boolean" | "string"): Inner {
  return typeof value === type ? (value as Inner) : null;
}

/** Arrays within the array are laid flat; an error in it makes the whole an error. */
function inwardArray(value: Value | undefined, { of }: ArrayKind): Inner {
  if (value === null || value === undefined) {
    return null;
  }
  const elements = flattened(Array.isArray(value) ? value : [value]);
  return elements.some(isError) ? ERROR : elements.map((one) => inwardSingle(one, of) as Element);
}

function flattened(values: readonly Value[]): readonly Value[] {
  return values.flatMap((value) => (Array.isArray(value) ? flattened(value) : [value]));
}

/** A computed value as it leaves the formula. */
export function outward(value: Inner, kind: Kind): Value {
  if (value === ERROR) {
    return errorValue;
  }
  if (value === null) {
    return null;
  }
  return kind.type === "array"
    ? (value as readonly Element[]).map((one) => outwardSingle(one, kind.of))
    : outwardSingle(value as number | string | boolean, kind);
}

function outwardSingle(value: number | string | boolean | null, kind: Kind | ElementKind): Value {
  if (typeof value === "boolean") {
    return value ? 1 : 0;
  }
  return kind.type === "date" && value !== null
    ? { date: value as number, dateOnly: kind.dateOnly }
    : value;
}

/** True for the value that stands for an error. */
export function isError(value: Value | undefined): value is ErrorValue {
  return typeof value === "object" && value !== null && "error" in value;
}

function isDate(value: Value): value is DateValue {
  return typeof value === "object" && value !== null && "date" in value;
}
