import type { Scope } from "#kernel";
import { allow } from "#workspaces";
import { changeComments } from "./change-comments.ts";
import { requireOwnComment, type CommentedRecord } from "./comments.ts";
import { removeComment } from "./comments.sql.ts";

export interface CommentDeletion extends CommentedRecord {
  readonly commentId: string;
}

/**
 * Deletes a comment; only its author may. Answers to it stay, and stand on their own from then on.
 * Problems: those of `allow`, `records.record-not-found`, `records.comment-not-found`, `workspaces.not-permitted`.
 */
export async function deleteComment(
  scope: Scope,
  deletion: CommentDeletion,
): Promise<{ readonly txn: number }> {
  const { table, commentId } = deletion;
  await allow(scope, "comments.write", { baseId: table.baseId });
  return changeComments(scope, deletion, async (tx, place) => {
    const before = await requireOwnComment(tx, place, commentId);
    await tx.db.run(removeComment(commentId));
    return { before, after: null };
  });
}
