import { createCommentBody, PAGE_SIZE_MAX, updateCommentBody } from "@basalt/contract";
import type { CommentedRecord } from "../comments/comments.ts";
import { createComment } from "../comments/create-comment.ts";
import { deleteComment } from "../comments/delete-comment.ts";
import { listComments } from "../comments/list-comments.ts";
import { updateComment } from "../comments/update-comment.ts";
import { baseAnswer, currentTxn, sent } from "./answers.ts";
import { openTable, parseBody, type Call } from "./call.ts";
import { integerOf, textOf } from "./query-string.ts";
import { invalidRequest } from "./refusals.ts";

/** `GET …/{recordId}/comments` */
export async function getComments(call: Call): Promise<Response> {
  const record = await recordOf(call, "comments.read");
  const { scope, query } = call;
  const pageSize = integerOf(query, "pageSize") ?? PAGE_SIZE_MAX;
  if (pageSize < 1 || pageSize > PAGE_SIZE_MAX) {
    throw invalidRequest("pageSize", `must be from 1 to ${PAGE_SIZE_MAX}`);
  }
  const txn = await currentTxn(scope, record.table.baseId);
  const page = await listComments(scope, { ...record, pageSize, offset: textOf(query, "offset") });
  return sent(baseAnswer(page, txn));
}

/** `POST …/{recordId}/comments` */
export async function postComment(call: Call): Promise<Response> {
  const record = await recordOf(call, "comments.write");
  const { text, parentCommentId } = await parseBody(call, createCommentBody);
  const { comment, txn } = await createComment(call.scope, {
    ...record,
    text,
    parentCommentId: parentCommentId ?? undefined,
  });
  return sent(baseAnswer(comment, txn));
}

/** `PATCH …/{recordId}/comments/{commentId}` */
export async function patchComment(call: Call): Promise<Response> {
  const record = await recordOf(call, "comments.write");
  const { text } = await parseBody(call, updateCommentBody);
  const { commentId } = call.params;
  const { comment, txn } = await updateComment(call.scope, { ...record, commentId, text });
  return sent(baseAnswer(comment, txn));
}

/** `DELETE …/{recordId}/comments/{commentId}` */
export async function deleteOneComment(call: Call): Promise<Response> {
  const record = await recordOf(call, "comments.write");
  const { commentId } = call.params;
  const { txn } = await deleteComment(call.scope, { ...record, commentId });
  return sent(baseAnswer({ id: commentId, deleted: true }, txn));
}

async function recordOf(
  call: Call,
  action: "comments.read" | "comments.write",
): Promise<CommentedRecord> {
  return { table: await openTable(call, action), recordId: call.params.recordId };
}
