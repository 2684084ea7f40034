import type { Mention } from "@basalt/contract";
import { empty, sql, type Sql } from "#kernel";

/** A comment as it is stored. */
export interface CommentRow {
  readonly id: string;
  readonly parentId: string | null;
  readonly authorId: string;
  readonly text: string;
  readonly mentioned: Readonly<Record<string, Mention>>;
  readonly createdTime: Date;
  readonly updatedTime: Date | null;
}

/** Where a record's comments are. */
export interface CommentPlace {
  readonly baseId: string;
  readonly tableId: string;
  readonly recordId: string;
}

/** The last comment of a page. */
export interface CommentPosition {
  readonly createdTime: Date;
  readonly id: string;
}

const columns = sql`
  id, parent_id as "parentId", author_id as "authorId", text, mentioned, created_time as "createdTime",
  updated_time as "updatedTime"`;

const onRecord = ({ tableId, recordId }: CommentPlace): Sql =>
  sql`table_id = ${tableId} and record_id = ${recordId}`;

/** Newest first; those of one millisecond by id. */
export const commentsOf = (
  place: CommentPlace,
  after: CommentPosition | undefined,
  limit: number,
): Sql => sql`
  select ${columns} from records.comments
  where ${onRecord(place)} ${
    after === undefined
      ? empty
      : sql`and created_time <= ${after.createdTime}
            and (created_time < ${after.createdTime} or id > ${after.id})`
  }
  order by created_time desc, id limit ${limit}`;

export const commentById = (place: CommentPlace, id: string): Sql => sql`
  select ${columns} from records.comments where ${onRecord(place)} and id = ${id}`;

export const insertComment = (place: CommentPlace, row: CommentRow): Sql => sql`
  insert into records.comments
    (id, base_id, table_id, record_id, parent_id, author_id, text, mentioned, created_time)
  values (${row.id}, ${place.baseId}, ${place.tableId}, ${place.recordId}, ${row.parentId}, ${row.authorId},
    ${row.text}, ${JSON.stringify(row.mentioned)}::jsonb, ${row.createdTime})`;

export const changeComment = (
  id: string,
  change: Pick<CommentRow, "text" | "mentioned" | "updatedTime">,
): Sql => sql`
  update records.comments
  set text = ${change.text}, mentioned = ${JSON.stringify(change.mentioned)}::jsonb, updated_time = ${change.updatedTime}
  where id = ${id}`;

export const removeComment = (id: string): Sql => sql`
  delete from records.comments where id = ${id}`;
