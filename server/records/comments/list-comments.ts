import type { CommentBody } from "@basalt/contract";
import { isId, type Scope } from "#kernel";
import { allow } from "#workspaces";
import { badOffset } from "../rows/problems.ts";
import { placeOf, requireRecord, showComments, type CommentedRecord } from "./comments.ts";
import { commentsOf, type CommentPosition, type CommentRow } from "./comments.sql.ts";

export interface CommentsQuery extends CommentedRecord {
  readonly pageSize: number;
  /** Where the page before ended. */
  readonly offset?: string | undefined;
}

/**
 * The comments of a record, newest first. `offset` is null on the last page.
 * Problems: those of `allow`, `records.record-not-found`, `records.bad-offset`.
 */
export async function listComments(
  scope: Scope,
  { table, recordId, pageSize, offset }: CommentsQuery,
): Promise<{ readonly comments: CommentBody[]; readonly offset: string | null }> {
  await allow(scope, "comments.read", { baseId: table.baseId });
  const after = offset === undefined ? undefined : positionOf(offset);
  await requireRecord(scope, { table, recordId });
  const place = placeOf({ table, recordId });
  const rows = await scope.db.all<CommentRow>(commentsOf(place, after, pageSize + 1));
  const page = rows.slice(0, pageSize);
  const last = page.at(-1);
  return {
    comments: await showComments(scope, page),
    offset: rows.length > pageSize && last !== undefined ? offsetAfter(last) : null,
  };
}

/** Time and id of the last comment of a page: a page never shifts when comments are added or deleted meanwhile. */
function offsetAfter({ createdTime, id }: CommentPosition): string {
  return `${createdTime.getTime()}/${id}`;
}

function positionOf(offset: string): CommentPosition {
  const [time = "", id] = offset.split("/");
  if (!/^\d{1,15}$/.test(time) || !isId("com", id)) {
    throw badOffset(offset);
  }
  return { createdTime: new Date(Number(time)), id };
}
