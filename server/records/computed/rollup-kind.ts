import type { Field } from "../schema/base-schema.ts";
import { kindOf, type FieldKind } from "./kinds.ts";

/** What a rollup finds in `values`; undefined where the source is not valid. */
export function rollupKind(
  source: Field,
): Extract<FieldKind, { readonly type: "array" }> | undefined {
  const kind = kindOf(source);
  if (kind === undefined) {
    return undefined;
  }
  if (kind.type === "array") {
    return { ...kind, source: "values" };
  }
  return {
    type: "array",
    of: kind.type === "boolean" ? { type: "number", precision: 0, special: false } : kind,
    source: "values",
  };
}
