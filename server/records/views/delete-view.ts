import type { Scope } from "#kernel";
import { allow } from "#workspaces";
import { changeSchema } from "../schema/change-schema.ts";
import { tableById, viewById } from "../schema/find.ts";
import { deleteViewRow, updateFieldRow } from "../schema/metadata.sql.ts";
import { badSchema } from "../schema/refusals.ts";

/**
 * Deletes a view; links that offered its records for choosing offer all of them from then on. A table keeps its last view.
 * Problems: those of `allow`, `records.view-not-found`, `records.bad-schema`, `records.schema-busy`.
 */
export async function deleteView(
  scope: Scope,
  { baseId, viewId }: { readonly baseId: string; readonly viewId: string },
): Promise<void> {
  await allow(scope, "views.write", { baseId });
  await changeSchema(scope, baseId, async ({ tx, before }) => {
    const view = viewById(before, viewId);
    if (tableById(before, view.tableId).views.length === 1) {
      throw badSchema("view", "a table keeps at least one view");
    }
    for (const field of before.tables.flatMap(({ fields }) => fields)) {
      const { viewIdForRecordSelection, ...options } = field.options;
      if (viewIdForRecordSelection === viewId) {
        await tx.run(updateFieldRow({ ...field, options }));
      }
    }
    await tx.run(deleteViewRow(viewId));
  });
}
