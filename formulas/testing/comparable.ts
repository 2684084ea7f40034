import type { Value } from "../values/value.ts";

/** Values in a form in which equal ones are equal: dates by instant, numbers with ten digits. */
export function comparable(value: Value): unknown {
  if (Array.isArray(value)) {
    return value.map(comparable);
  }
  if (typeof value === "object" && value !== null && "date" in value) {
    return new Date(value.date).toISOString();
  }
  return typeof value === "number" && Number.isFinite(value)
    ? Number(value.toPrecision(10)) + 0
    : value;
}
