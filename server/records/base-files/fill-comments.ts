import { Problem, sqlState } from "#kernel";
import type { BaseContent } from "./base-content.ts";
import { commentLine } from "./check-lines.ts";
import {
  danglingComment,
  insertFileComments,
  setParents,
  type CommentOfFile,
} from "./fill-base.sql.ts";
import { explained, type EmptyBase } from "./empty-base.ts";
import { COMMENTS, type CommentLine } from "./format.ts";
import { badBaseFile } from "./problems.ts";

/**
 * Puts the comments in, then tells which answer which. Answers how many there are.
 * Problems: `records.bad-base-file`, `records.id-taken`.
 */
export async function fillComments(
  content: BaseContent,
  base: EmptyBase,
  tables: ReadonlyMap<string, string>,
): Promise<number> {
  const { tx, schema } = base;
  let count = 0;
  let answered = false;
  for await (const lines of content.comments()) {
    const comments = lines.map((line) => carried(commentLine(COMMENTS, line), base));
    const stray = comments.findIndex(({ tableId }) => !tables.has(tableId));
    if (stray !== -1) {
      throw badBaseFile(COMMENTS, `names a table in line ${lines[stray]?.at} that is not there`);
    }
    answered ||= comments.some(({ parentId }) => parentId !== null);
    await tx.run(insertFileComments(schema.baseId, comments)).catch(refuse);
    count += comments.length;
  }
  if (answered) {
    await fillAnswers(content, base);
  }
  for (const table of schema.tables) {
    if ((await tx.text(danglingComment(table))).length > 0) {
      throw badBaseFile(COMMENTS, "has a comment on a record that is not there");
    }
  }
  return count;
}

async function fillAnswers(content: BaseContent, base: EmptyBase): Promise<void> {
  for await (const lines of content.comments()) {
    const answers = lines
      .map((line) => carried(commentLine(COMMENTS, line), base))
      .filter(({ parentId }) => parentId !== null);
    if ((await base.tx.run(setParents(base.schema.baseId, answers))) !== answers.length) {
      throw badBaseFile(COMMENTS, "has an answer to a comment that is not on the same record");
    }
  }
}

function carried(line: CommentLine, { newId, userIds }: EmptyBase): CommentOfFile {
  const userId = (id: string): string => userIds.get(id) ?? id;
  return {
    id: newId("com", line.id),
    tableId: newId("tbl", line.tableId),
    recordId: newId("rec", line.recordId),
    parentId: line.parentId === undefined ? null : newId("com", line.parentId),
    authorId: userId(line.authorId),
    text: line.text.replaceAll(/@\[(usr[A-Za-z0-9]{14})\]/g, (whole, id: string) =>
      userIds.has(id) ? `@[${userId(id)}]` : whole,
    ),
    mentioned: Object.fromEntries(
      Object.entries(line.mentioned).map(([id, mention]) => [
        userId(id),
        { ...mention, id: userId(id) },
      ]),
    ),
    createdTime: line.createdTime,
    updatedTime: line.updatedTime ?? null,
  };
}

/** Comments have ids of their own in the whole instance. */
function refuse(error: unknown): never {
  if (sqlState(error) === "23505") {
    throw new Problem("conflict", "records.id-taken", {
      message:
        "A comment of the base file exists here already under the same id, or is there twice.",
      cause: error,
    });
  }
  throw explained(error, COMMENTS, "somewhere");
}
