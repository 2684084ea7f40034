import type { Scope } from "#kernel";
import { allow } from "#workspaces";
import { nameKey, type BaseSchema, type Table } from "../schema/base-schema.ts";
import { changeSchema } from "../schema/change-schema.ts";
import { tableById } from "../schema/find.ts";
import { updateTableRow } from "../schema/metadata.sql.ts";
import { checkedDescription, checkedName } from "../schema/names.ts";
import { duplicateTableName } from "../schema/refusals.ts";

export interface TableChanges {
  readonly baseId: string;
  readonly tableId: string;
  readonly name?: string | undefined;
  /** Null or empty takes it away. */
  readonly description?: string | null | undefined;
}

/**
 * Renames or describes a table.
 * Problems: those of `allow`, `records.table-not-found`, `records.duplicate-table-name`, `records.bad-schema`,
 * `records.schema-busy`.
 */
export async function updateTable(
  scope: Scope,
  { baseId, tableId, name, description }: TableChanges,
): Promise<Table> {
  await allow(scope, "schema.write", { baseId });
  const schema = await changeSchema(scope, baseId, async ({ tx, before }) => {
    const table = tableById(before, tableId);
    const changed = {
      ...table,
      ...(name !== undefined && { name: freeTableName(before, table, name) }),
      ...(description !== undefined && { description: checkedDescription(description) }),
    };
    await tx.run(updateTableRow(changed));
  });
  return tableById(schema, tableId);
}

function freeTableName(schema: BaseSchema, table: Table, wanted: string): string {
  const name = checkedName(wanted, "name");
  const other = schema.tablesByName.get(nameKey(name));
  if (other !== undefined && other.id !== table.id) {
    throw duplicateTableName(name);
  }
  return name;
}
