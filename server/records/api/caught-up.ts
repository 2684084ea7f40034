import { isBaseBehind } from "../computed/work-off-backlog.ts";
import { withSchema } from "../rows/base-writer.ts";
import { baseTxn } from "../rows/get-record.sql.ts";
import type { RecordShape } from "../rows/record-json.ts";
import { rowsById } from "../rows/rows.sql.ts";
import { tableOf, writtenRecords, type WrittenRecords } from "../rows/write-call.ts";
import type { Table } from "../schema/base-schema.ts";
import type { Call } from "./call.ts";
import { wantsToWait, waitedFor } from "./computing.ts";

/** What a call has written, and how its answer shows it. */
export interface WrittenTable {
  readonly table: Pick<Table, "id" | "baseId">;
  readonly shape: RecordShape;
}

/**
 * The records of a write as they are answered: where the caller wants to wait for computed fields and some are behind, read again
 * after the wait. A repeated call with the same key gets what was there at its commit.
 */
export async function caughtUp(
  call: Call,
  written: WrittenRecords,
  { table, shape }: WrittenTable,
): Promise<WrittenRecords> {
  const { scope } = call;
  const { baseId } = table;
  if (!wantsToWait(call) || !(await isBaseBehind(scope, baseId))) {
    return written;
  }
  await waitedFor(call, baseId);
  return withSchema(scope, baseId, async (schema) => {
    const now = tableOf(schema, table.id);
    const [base = [], rows = []] = await scope.db.texts([
      baseTxn(baseId),
      rowsById(now, written.ids),
    ]);
    const found = new Map(rows.map((row) => [row[0], row]));
    const kept = [...found.values()];
    const txn = Number(base[0]?.[0] ?? written.txn);
    const again = await writtenRecords(scope, { schema, table: now, shape, rows: kept, txn });
    // A record that somebody deleted meanwhile is answered as it was written.
    const at = new Map(again.ids.map((id, place) => [id, place]));
    return {
      ...written,
      txn,
      records: written.ids.map(
        (id, place) => again.records[at.get(id) ?? -1] ?? written.records[place] ?? "",
      ),
      versions: written.ids.map(
        (id, place) => again.versions[at.get(id) ?? -1] ?? written.versions[place] ?? 0,
      ),
    };
  });
}
