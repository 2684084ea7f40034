import { publish, type Scope } from "#kernel";
import { trashBase } from "#workspaces";
import { tellAfterCommit } from "../hot/notice-of.ts";
import { callEvent } from "../rows/call-event.ts";
import { takeTxn } from "../schema/change-schema.sql.ts";
import { withSchemaProblems } from "../schema/change-schema.ts";

/**
 * Puts a base into the trash of its workspace: it answers as if it had never been, its data stays until `dropBase`.
 * Problems: those of `trashBase`, `records.base-not-found`.
 */
export async function deleteBase(
  scope: Scope,
  { baseId }: { readonly baseId: string },
): Promise<void> {
  await withSchemaProblems(() =>
    scope.db.transaction(async (tx) => {
      await trashBase({ ...scope, db: tx }, baseId);
      const { txn } = await tx.one<{ txn: number }>(takeTxn(baseId));
      tellAfterCommit(scope, tx, { baseId, txn });
      const event = {
        name: "bases.deleted",
        tableId: null,
        recordIds: [],
        fieldIds: [],
        body: { before: { id: baseId }, after: null },
      };
      await publish(tx, [{ ...callEvent(scope, baseId, event), txn, seq: 0, at: scope.now() }]);
    }),
  );
}
