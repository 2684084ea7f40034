/**
 * What a condition reads of a field. `value` is what formulas see. A filter of a view also asks for what formulas have no
 * words for: the ids of chosen records, persons and choices, and the names and kinds of files.
 */
export type FieldPart = "value" | "ids" | "fileNames" | "fileTypes";

/** The name of a part in a typed tree: `fld…`, or `fld…:ids`. */
export function referenceOf(fieldId: string, part: FieldPart): string {
  return part === "value" ? fieldId : `${fieldId}:${part}`;
}

/** The field and the part that a name in a typed tree means. */
export function partOfReference(reference: string): {
  readonly fieldId: string;
  readonly part: FieldPart;
} {
  const colon = reference.indexOf(":");
  return colon === -1
    ? { fieldId: reference, part: "value" }
    : { fieldId: reference.slice(0, colon), part: reference.slice(colon + 1) as FieldPart };
}
