import type { Scope } from "#kernel";
import { allow } from "#workspaces";
import type { Table } from "../schema/base-schema.ts";
import { changeSchema } from "../schema/change-schema.ts";
import { tableById } from "../schema/find.ts";
import { addTables } from "./add-tables.ts";
import { planTable, type TableInput } from "./plan-table.ts";

/**
 * Adds a table with its fields and a grid view; links among the fields also bring a field to the tables they lead to.
 *
 * Problems: those of `allow`, `records.duplicate-table-name`, `records.duplicate-or-empty-field-name`,
 * `records.bad-schema`, `records.bad-primary-field`, `records.bad-field-options`, `records.unknown-field-type`,
 * `records.unsupported-field-type`, `records.schema-limit`, `records.schema-busy`.
 */
export async function createTable(
  scope: Scope,
  { baseId, ...input }: TableInput & { readonly baseId: string },
): Promise<Table> {
  await allow(scope, "schema.write", { baseId });
  let tableId = "";
  const schema = await changeSchema(scope, baseId, async (change) => {
    const planning = { schema: change.before, strict: scope.config.strictAirtable };
    const { table, inverses } = planTable(input, planning);
    tableId = table.id;
    await addTables(change, [table], inverses);
  });
  return tableById(schema, tableId);
}
