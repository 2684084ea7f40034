import type { Scope } from "#kernel";
import { allow } from "#workspaces";
import { changeSchema } from "../schema/change-schema.ts";
import { fieldById, tableById } from "../schema/find.ts";
import { badSchema } from "../schema/refusals.ts";
import { removeFields } from "./remove-fields.ts";

/**
 * Deletes a field with its cells; a link goes with its other side. The primary field stays.
 * Problems: those of `allow`, `records.table-not-found`, `records.field-not-found`, `records.bad-schema`,
 * `records.named-view-in-use`, `records.schema-busy`.
 */
export async function deleteField(
  scope: Scope,
  field: { readonly baseId: string; readonly tableId: string; readonly fieldId: string },
): Promise<void> {
  const { baseId, tableId, fieldId } = field;
  await allow(scope, "schema.write", { baseId });
  await changeSchema(scope, baseId, async (change) => {
    const table = tableById(change.before, tableId);
    const unwanted = fieldById(table, fieldId);
    if (unwanted.id === table.primaryFieldId) {
      throw badSchema("field", "the primary field of a table cannot be deleted");
    }
    await removeFields(change, [unwanted]);
  });
}
