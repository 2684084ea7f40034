import type { CommentBody, Mention } from "@basalt/contract";
import { userProfiles } from "#identity";
import { Problem, requireActor, type Scope } from "#kernel";
import { baseCollaborators, notPermitted } from "#workspaces";
import { recordNotFound } from "../rows/problems.ts";
import { existingIds } from "../rows/rows.sql.ts";
import type { Table } from "../schema/base-schema.ts";
import { commentById, type CommentPlace, type CommentRow } from "./comments.sql.ts";
import {
  mayMention,
  mentionOf,
  resolveMentions,
  type Mentionable,
  type MentionedText,
} from "./mentions.ts";

/** One record of a table, as far as comments are concerned. */
export interface CommentedRecord {
  readonly table: Table;
  readonly recordId: string;
}

/** Where the comments of a record are. */
export function placeOf({ table, recordId }: CommentedRecord): CommentPlace {
  return { baseId: table.baseId, tableId: table.id, recordId };
}

/** Problem: `records.record-not-found`. */
export async function requireRecord(
  scope: Scope,
  { table, recordId }: CommentedRecord,
): Promise<void> {
  const found = await scope.db.text(existingIds(table, [recordId]));
  if (found.length === 0) {
    throw recordNotFound();
  }
}

/**
 * The comment, if it is on this record and the actor wrote it.
 * Problems: `records.comment-not-found`, `workspaces.not-permitted`.
 */
export async function requireOwnComment(
  scope: Scope,
  place: CommentPlace,
  commentId: string,
): Promise<CommentRow> {
  const row = await scope.db.maybe<CommentRow>(commentById(place, commentId));
  if (row === undefined) {
    throw new Problem("not-found", "records.comment-not-found", {
      message: "Comment not found",
      airtable: { type: "MODEL_ID_NOT_FOUND", message: "Comment not found" },
    });
  }
  if (row.authorId !== requireActor(scope).userId) {
    throw notPermitted("Only its author may change or delete a comment.");
  }
  return row;
}

/**
 * The text with its mentions. Only those who have access to the base can be mentioned.
 */
export async function withMentions(
  scope: Scope,
  baseId: string,
  text: string,
): Promise<MentionedText> {
  return mayMention(text)
    ? resolveMentions(text, await baseCollaborators(scope, baseId))
    : { text, mentioned: {} };
}

/** One comment as it is shown. */
export async function showComment(scope: Scope, row: CommentRow): Promise<CommentBody> {
  const profiles = await userProfiles(scope, peopleIn([row]));
  return commentJson(row, profiles);
}

/** Comments as they are shown, with the names that people have now; one statement at most for all of them. */
export async function showComments(
  scope: Scope,
  rows: readonly CommentRow[],
): Promise<CommentBody[]> {
  const profiles = await userProfiles(scope, peopleIn(rows));
  return rows.map((row) => commentJson(row, profiles));
}

function peopleIn(rows: readonly CommentRow[]): string[] {
  return [...new Set(rows.flatMap((row) => [row.authorId, ...Object.keys(row.mentioned)]))];
}

function commentJson(row: CommentRow, profiles: ReadonlyMap<string, Mentionable>): CommentBody {
  const mentioned: Record<string, Mention> = {};
  for (const [id, kept] of Object.entries(row.mentioned)) {
    const profile = profiles.get(id);
    mentioned[id] = profile === undefined ? kept : mentionOf(profile);
  }
  return {
    id: row.id,
    author: profiles.get(row.authorId) ?? { id: row.authorId, email: "", name: "" },
    text: row.text,
    createdTime: row.createdTime.toISOString(),
    lastUpdatedTime: row.updatedTime?.toISOString() ?? null,
    ...(row.parentId === null ? {} : { parentCommentId: row.parentId }),
    ...(Object.keys(mentioned).length === 0 ? {} : { mentioned }),
  };
}
