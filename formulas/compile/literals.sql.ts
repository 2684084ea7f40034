import sql, { join, raw, type Sql } from "sql-template-tag";
import { arrayType } from "../types/array-operations.ts";
import type { Kind } from "../types/kinds.ts";
import { isoText } from "../values/dates.ts";
import { ERROR, type Inner } from "../values/inner.ts";

/** The PostgreSQL type in which values of a kind are computed. Truth values leave the language as numbers. */
export function sqlTypeOf(kind: Kind): Sql {
  switch (kind.type) {
    case "number":
      return sql`float8`;
    case "boolean":
      return sql`boolean`;
    case "date":
      return sql`timestamptz`;
    case "array":
      return arrayType(kind.of);
    default:
      return sql`text`;
  }
}

/** A constant of a formula. Texts are bound; numbers and dates are printed by us and hold no foreign character. */
export function literal(value: Inner, kind: Kind): Sql {
  if (value === null || value === ERROR) {
    return sql`null::${sqlTypeOf(kind)}`;
  }
  switch (typeof value) {
    case "number":
      return kind.type === "date"
        ? raw(`'${isoText(value)}'::timestamptz`)
        : raw(`'${String(value)}'::float8`);
    case "boolean":
      return value ? sql`true` : sql`false`;
    case "string":
      return sql`${value}::text`;
    default:
      return arrayLiteral(value, kind);
  }
}

function arrayLiteral(values: readonly Inner[], kind: Kind): Sql {
  if (kind.type !== "array" || values.length === 0) {
    return sql`'{}'::${sqlTypeOf(kind)}`;
  }
  const { of } = kind;
  return sql`array[${join(values.map((value) => literal(value, of)))}]::${sqlTypeOf(kind)}`;
}

/**
 * The statement as one text without parameters, for the places that take none (definitions of columns, EXPLAIN, people).
 * Every bound value goes through `quoteLiteral`.
 */
export function withoutParameters({ strings, values }: Sql): string {
  return strings
    .map((part, index) => (index === 0 ? part : quoteLiteral(values[index - 1]) + part))
    .join("");
}

/** A text as an SQL literal, whatever it holds and whatever `standard_conforming_strings` is. Arrays of texts as `array[…]`. */
export function quoteLiteral(value: unknown): string {
  if (Array.isArray(value)) {
    return `array[${value.map(quoteLiteral).join(", ")}]`;
  }
  if (typeof value !== "string") {
    throw new TypeError("A formula binds texts and lists of texts only");
  }
  const doubled = value.replaceAll("'", "''");
  return doubled.includes("\\") ? ` E'${doubled.replaceAll("\\", "\\\\")}'` : `'${doubled}'`;
}
