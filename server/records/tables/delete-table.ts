import type { Scope } from "#kernel";
import { allow } from "#workspaces";
import { removeFields } from "../fields/remove-fields.ts";
import { changeSchema } from "../schema/change-schema.ts";
import { tableById } from "../schema/find.ts";
import { deleteTableRow } from "../schema/metadata.sql.ts";
import { badSchema } from "../schema/refusals.ts";
import { dropTable } from "../schema/tables.sql.ts";

/**
 * Deletes a table with its records, views and comments, and every field of other tables that links to it. A base keeps
 * its last table.
 * Problems: those of `allow`, `records.table-not-found`, `records.bad-schema`, `records.named-view-in-use`,
 * `records.schema-busy`.
 */
export async function deleteTable(
  scope: Scope,
  { baseId, tableId }: { readonly baseId: string; readonly tableId: string },
): Promise<void> {
  await allow(scope, "schema.write", { baseId });
  await changeSchema(scope, baseId, async (change) => {
    const { tx, before } = change;
    const table = tableById(before, tableId);
    if (before.tables.length === 1) {
      throw badSchema("table", "a base keeps at least one table");
    }
    const linking = before.tables
      .flatMap(({ fields }) => fields)
      .filter((field) => field.tableId === tableId || field.options["linkedTableId"] === tableId)
      .filter(({ type }) => type === "multipleRecordLinks");
    await removeFields(change, linking);
    await change.dropViews([table.id]);
    await tx.script(dropTable(baseId, table.id).text);
    await tx.run(deleteTableRow(table.id));
  });
}
