import { addFields } from "../fields/add-fields.ts";
import { nameKey, type BaseSchema, type Field } from "../schema/base-schema.ts";
import type { SchemaChange } from "../schema/change-schema.ts";
import { TABLES_PER_BASE_MAX } from "../schema/limits.ts";
import { insertFields, insertTables, insertViews } from "../schema/metadata.sql.ts";
import { duplicateTableName, schemaLimit } from "../schema/refusals.ts";
import type { TableDefinition } from "../schema/schema-events.ts";
import { createJunction, createTable, junctionsOf, script } from "../schema/tables.sql.ts";

/**
 * Adds planned tables to the base, with the junctions of their links, and the fields that those bring to tables that are
 * there already. Problems: `records.duplicate-table-name`, `records.schema-limit`.
 */
export async function addTables(
  change: SchemaChange,
  tables: readonly TableDefinition[],
  inverses: readonly Field[],
): Promise<void> {
  checkTables(change.before, tables);
  const { tx, before, at } = change;
  const fields = tables.flatMap((table) => table.fields);
  await tx.script(
    script([
      ...tables.map((table) => createTable(before, table.id, table.fields)),
      ...junctionsOf(fields).map((junction) => createJunction(before, junction)),
    ]).text,
  );
  await tx.run(insertTables(before.baseId, tables, at));
  await tx.run(insertFields(before.baseId, fields, at));
  const views = tables.flatMap((table) => table.views);
  await tx.run(insertViews(before.baseId, views, at));
  await addFields(change, inverses);
}

function checkTables(schema: BaseSchema, tables: readonly TableDefinition[]): void {
  if (schema.tables.length + tables.length > TABLES_PER_BASE_MAX) {
    throw schemaLimit(`A base has at most ${TABLES_PER_BASE_MAX} tables.`);
  }
  const taken = new Set(schema.tablesByName.keys());
  for (const { name } of tables) {
    const key = nameKey(name);
    if (taken.has(key)) {
      throw duplicateTableName(name);
    }
    taken.add(key);
  }
}
