import type { Value } from "../values/value.ts";

/** Numbers whose last digits depend on the library that computed them. */
const LONG_NUMBER = /\d{1,17}\.\d{6,20}(?:e[+-]\d+)?|\d{16,22}(?:\.\d+)?(?:e\+\d+)?/g;

/** Values in a form in which equal ones are equal: dates by instant, numbers with ten digits. */
export function comparable(value: Value): unknown {
  if (Array.isArray(value)) {
    return value.map(comparable);
  }
  if (typeof value === "object" && value !== null && "date" in value) {
    return new Date(value.date).toISOString();
  }
  if (typeof value === "string") {
    return value.replaceAll(LONG_NUMBER, (digits) => Number(digits).toPrecision(10));
  }
  return typeof value === "number" && Number.isFinite(value)
    ? Number(value.toPrecision(10)) + 0
    : value;
}
