import type { Scope } from "#kernel";
import { BaseChange } from "../rows/base-change.ts";
import { inBase } from "../rows/base-writer.ts";
import { placeOf, requireRecord, type CommentedRecord } from "./comments.ts";
import type { CommentPlace, CommentRow } from "./comments.sql.ts";

/** What a write did to one comment. */
export interface CommentChange {
  readonly before: CommentRow | null;
  readonly after: CommentRow | null;
}

/**
 * Runs a write on the comments of a record as one transaction of the base, and notes it in the change log as
 * `comments.created`, `comments.updated` or `comments.deleted`. Problems: `records.record-not-found`, those of `inBase`.
 */
export async function changeComments<C extends CommentChange>(
  scope: Scope,
  { table, recordId }: CommentedRecord,
  work: (scope: Scope, place: CommentPlace) => Promise<C>,
): Promise<C & { readonly txn: number }> {
  return inBase(scope, table.baseId, async (base, schema) => {
    const change = new BaseChange(scope, base, schema);
    await requireRecord(change.scope, { table, recordId });
    const done = await work(change.scope, placeOf({ table, recordId }));
    const { before, after } = done;
    const verb = before === null ? "created" : after === null ? "deleted" : "updated";
    change.note({
      name: `comments.${verb}`,
      tableId: table.id,
      recordIds: [recordId],
      fieldIds: [],
      body: { commentId: (after ?? before)?.id, before, after },
    });
    await change.publish();
    return { ...done, txn: change.txn };
  });
}
