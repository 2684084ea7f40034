import type { Table } from "../schema/base-schema.ts";
import { insertBacklog } from "./backlog.sql.ts";
import type { Computing } from "./propagate.ts";

/** Topic of the signal that a base has rows to compute; the key is the base id. */
export const BACKLOG_GREW = "records.backlog";

/** Computed fields to be computed later in rows of a table. */
export interface BacklogEntry {
  readonly table: Table;
  readonly level: number;
  readonly fieldIds: readonly string[];
  /** Null stands for all. */
  readonly recordIds: readonly string[] | null;
}

/** Leaves work for later in the transaction that makes it necessary, and wakes who does it when that has committed. */
export async function addToBacklog(
  { tx, schema, txn, scope }: Pick<Computing, "tx" | "schema" | "txn" | "scope">,
  entries: readonly BacklogEntry[],
): Promise<void> {
  if (entries.length === 0) {
    return;
  }
  const rows = entries.map(({ table, level, fieldIds, recordIds }) => ({
    tableId: table.id,
    level,
    fieldIds,
    recordIds,
  }));
  await tx.run(insertBacklog(schema.baseId, txn, rows));
  await scope.signals.hint(tx, BACKLOG_GREW, schema.baseId);
}
