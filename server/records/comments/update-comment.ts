import type { Scope } from "#kernel";
import { allow } from "#workspaces";
import { changeComments } from "./change-comments.ts";
import { requireOwnComment, showComment, withMentions, type CommentedRecord } from "./comments.ts";
import { changeComment } from "./comments.sql.ts";
import type { WrittenComment } from "./create-comment.ts";

export interface CommentUpdate extends CommentedRecord {
  readonly commentId: string;
  readonly text: string;
}

/**
 * Changes the text of a comment; only its author may.
 * Problems: those of `allow`, `records.record-not-found`, `records.comment-not-found`, `workspaces.not-permitted`.
 */
export async function updateComment(scope: Scope, update: CommentUpdate): Promise<WrittenComment> {
  const { table, commentId, text } = update;
  await allow(scope, "comments.write", { baseId: table.baseId });
  const changed = {
    ...(await withMentions(scope, table.baseId, text)),
    updatedTime: scope.now(),
  };
  const { txn, after } = await changeComments(scope, update, async (tx, place) => {
    const before = await requireOwnComment(tx, place, commentId);
    await tx.db.run(changeComment(commentId, changed));
    return { before, after: { ...before, ...changed } };
  });
  return { comment: await showComment(scope, after), txn };
}
