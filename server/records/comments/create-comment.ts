import type { CommentBody } from "@basalt/contract";
import { newId, Problem, requireActor, type Scope } from "#kernel";
import { allow } from "#workspaces";
import { changeComments } from "./change-comments.ts";
import { showComment, withMentions, type CommentedRecord } from "./comments.ts";
import { commentById, insertComment, type CommentRow } from "./comments.sql.ts";

export interface NewComment extends CommentedRecord {
  readonly text: string;
  /** The comment that it answers; on the same record. */
  readonly parentCommentId?: string | undefined;
}

/** A comment as it is shown, and the transaction that wrote it. */
export interface WrittenComment {
  readonly comment: CommentBody;
  readonly txn: number;
}

/**
 * Comments on a record.
 * Problems: those of `allow`, `records.record-not-found`, `records.parent-comment-not-found`.
 */
export async function createComment(scope: Scope, comment: NewComment): Promise<WrittenComment> {
  const { table, text, parentCommentId } = comment;
  await allow(scope, "comments.write", { baseId: table.baseId });
  const row: CommentRow = {
    id: newId("com"),
    parentId: parentCommentId ?? null,
    authorId: requireActor(scope).userId,
    ...(await withMentions(scope, table.baseId, text)),
    createdTime: scope.now(),
    updatedTime: null,
  };
  const { txn } = await changeComments(scope, comment, async ({ db }, place) => {
    const parent =
      parentCommentId === undefined
        ? undefined
        : await db.maybe<CommentRow>(commentById(place, parentCommentId));
    if (parentCommentId !== undefined && parent === undefined) {
      throw new Problem("invalid", "records.parent-comment-not-found", {
        message: "parentCommentId: names no comment on this record.",
        fields: { parentCommentId: "names no comment on this record" },
      });
    }
    await db.run(insertComment(place, row));
    return { before: null, after: row };
  });
  return { comment: await showComment(scope, row), txn };
}
