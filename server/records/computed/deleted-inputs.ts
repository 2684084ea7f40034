import type { ComputedState } from "../field-types/computed.ts";
import type { Field } from "../schema/base-schema.ts";
import { definitionOf } from "./definitions.ts";

/** Fields of a base by their ids. */
type Fields = ReadonlyMap<string, Field>;

/**
 * A computed field that has become invalid because fields that it reads were deleted, with their names in the reason: afterwards
 * nobody knows them any more. The reason stays as long as they are missing.
 */
export function withDeletedNames(
  settled: Field,
  {
    earlier,
    before,
    now,
  }: { readonly earlier: Field; readonly before: Fields; readonly now: Fields },
): Field {
  const { isValid } = settled.options as ComputedState;
  const missing = readBy(settled).filter((id) => !now.has(id));
  if (isValid === true || missing.length === 0) {
    return settled;
  }
  const gone = missing.flatMap((id) => before.get(id) ?? []);
  const kept = (earlier.options as ComputedState).reason;
  const reason = gone.length === 0 ? kept : reasonOf(gone);
  return reason === undefined ? settled : { ...settled, options: { ...settled.options, reason } };
}

function readBy(field: Field): string[] {
  const { recordLinkFieldId, fieldIdInLinkedTable } = definitionOf(field);
  const { referencedFieldIds = [] } = field.options as ComputedState;
  return [recordLinkFieldId, fieldIdInLinkedTable, ...referencedFieldIds].filter(
    (id) => id !== undefined,
  );
}

function reasonOf(gone: readonly Field[]): string {
  const names = [...new Set(gone.map(({ name }) => JSON.stringify(name)))].join(", ");
  return `It is computed from ${names}, which ${gone.length === 1 ? "has" : "have"} been deleted.`;
}
