import type { SchemaChange } from "./change-schema.ts";
import { columnsUsed, rebuildTable } from "./column-room.sql.ts";

/** Columns of one table, dropped ones included. Source: PostgreSQL's documentation. */
const POSTGRES_COLUMNS_MAX = 1_600;

/**
 * Makes room for more columns where so many have come and gone that PostgreSQL would refuse them: the table is written
 * anew. Rare, and as slow as copying the table.
 */
export async function makeColumnRoom(
  change: Pick<SchemaChange, "tx" | "before" | "dropViews">,
  tableId: string,
  wanted: number,
): Promise<void> {
  const { tx, before } = change;
  const table = before.tablesById.get(tableId);
  if (table === undefined) {
    return;
  }
  const { used, extra } = await tx.one<{ used: number; extra: readonly string[] }>(
    columnsUsed(before.baseId, tableId),
  );
  if (used + wanted > POSTGRES_COLUMNS_MAX) {
    await change.dropViews([tableId]);
    await tx.script(rebuildTable(before, table, extra).text);
  }
}
