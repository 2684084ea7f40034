import type { Scope, StoredAnswer } from "#kernel";
import { allow } from "#workspaces";
import type { Table } from "../schema/base-schema.ts";
import { inBaseDespiteFormulas, type BaseChange } from "./base-change.ts";
import { withSchema } from "./base-writer.ts";
import { recordNotFound, rowDoesNotExist } from "./problems.ts";
import { cellsBefore, deleteComments, deleteRows } from "./rows.sql.ts";
import { isStored } from "./table-sql.ts";
import { refuseRepeated, requireVersion } from "./update-records.ts";
import { tableOf } from "./write-call.ts";
import { unlinkDeleted } from "./write-links.ts";

export interface DeletedRecords {
  readonly table: Pick<Table, "id" | "baseId">;
  readonly ids: readonly string[];
  /** The record of the URL instead of a batch. */
  readonly single: boolean;
  readonly ifMatch?: number;
  readonly answer?: (deleted: {
    readonly ids: readonly string[];
    readonly txn: number;
  }) => StoredAnswer;
}

/**
 * Deletes records, all or none; links to them vanish from the other side, comments go with them. The change log keeps what
 * they held.
 * Problems: `workspaces.*`, `records.record-not-found`, `records.row-does-not-exist`, `records.version-mismatch`.
 */
export async function deleteRecords(
  scope: Scope,
  call: DeletedRecords,
): Promise<{ readonly ids: readonly string[]; readonly txn: number }> {
  await allow(scope, "records.write", { baseId: call.table.baseId });
  refuseRepeated(call.ids);
  return withSchema(scope, call.table.baseId, async (schema) =>
    inBaseDespiteFormulas(scope, schema, async (change, base) => {
      await scope.idempotency?.begin(base.tx);
      const table = tableOf(schema, call.table.id);
      if (call.ifMatch !== undefined) {
        const shape = {
          byFieldId: false,
          cellFormat: "json",
          commentCount: false,
          version: true,
        } as const;
        await requireVersion(
          change,
          { table },
          { id: call.ids[0] ?? "", version: call.ifMatch, call: { shape } },
        );
      }
      await removeRows(change, table, call);
      await change.publish();
      const deleted = { ids: call.ids, txn: base.txn };
      if (scope.idempotency !== undefined && call.answer !== undefined) {
        await scope.idempotency.finish(base.tx, call.answer(deleted));
      }
      return deleted;
    }),
  );
}

async function removeRows(
  change: BaseChange,
  table: Table,
  call: Pick<DeletedRecords, "ids" | "single">,
): Promise<void> {
  const fields = table.fields.filter(isStored);
  const held = await change.rows(cellsBefore(table, fields, call.ids));
  const found = new Map(held.map((row) => [row[0], row[2]]));
  const missing = call.ids.find((id) => !found.has(id));
  if (missing !== undefined) {
    throw call.single ? recordNotFound() : rowDoesNotExist(missing);
  }
  await unlinkDeleted(change, table, call.ids);
  await change.tx.run(deleteComments(table, call.ids));
  await change.rows(deleteRows(table, call.ids));
  change.note({
    name: "records.deleted",
    tableId: table.id,
    recordIds: call.ids,
    fieldIds: fields.map((field) => field.id),
    body: { before: call.ids.map((id) => JSON.parse(found.get(id) ?? "[]")) },
  });
}
