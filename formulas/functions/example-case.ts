import type { FormulaField, Purpose } from "../types/type-of.ts";
import { errorValue, type Value } from "../values/value.ts";
import {
  exampleDefaults,
  exampleFields,
  kindOfValues,
  type Example,
  type ExampleValue,
} from "./example.ts";

/** An example with everything that is needed to compute it, in either backend. */
export interface ExampleCase {
  readonly fields: readonly FormulaField[];
  /** Values by field id, which is the field's name with `fld` before it; `values` has its own name as id. */
  readonly record: Readonly<Record<string, Value>>;
  /** An example over `values` is the formula of a rollup. */
  readonly purpose: Purpose;
  readonly expected: Value;
}

/** Prepares an example. */
export function caseOf({ formula, record, expected }: Example): ExampleCase {
  const overValues = "values" in record;
  const fields = Object.entries(exampleFields).map(([name, kind]) => ({
    id: idOf(name),
    name,
    kind: kind as FormulaField["kind"],
  }));
  const values: FormulaField = {
    id: "values",
    name: "values",
    kind: kindOfValues(record["values"]) as FormulaField["kind"],
    canBeBlank: false,
  };
  const cells = Object.entries({ ...exampleDefaults, ...record });
  return {
    fields: overValues || formula.includes("values") ? [...fields, values] : fields,
    record: Object.fromEntries(cells.map(([name, value]) => [idOf(name), valueOf(value)])),
    purpose: overValues ? "rollup" : "field",
    expected: valueOf(expected),
  };
}

function idOf(name: string): string {
  return name === "values" ? name : `fld${name.replaceAll(" ", "")}`;
}

/** Dates of examples are written as texts. */
function valueOf(value: ExampleValue): Value {
  if (Array.isArray(value)) {
    return value.map(valueOf);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  if ("error" in value) {
    return errorValue;
  }
  const text = (value as { readonly date: string }).date;
  return { date: Date.parse(text), dateOnly: text.length === 10 };
}
