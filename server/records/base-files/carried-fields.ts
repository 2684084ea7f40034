import { typeOf } from "../field-types/registry.ts";
import type { Field } from "../schema/base-schema.ts";

/** True where a file carries the field's cells: they stand in a column of their own that somebody writes. */
export function isCarried(field: Field): boolean {
  const type = typeOf(field);
  return type.column(field).own && type.recordsetType !== null;
}
