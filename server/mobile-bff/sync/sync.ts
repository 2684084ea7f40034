import type { syncAnswer } from "@basalt/contract";
import type { z } from "zod";
import { requireUser } from "#identity";
import { Problem, type Scope } from "#kernel";
import { schemaOf, type BaseSchema, type Field, type Table } from "#records";
import { allow, permissionLevel } from "#workspaces";
import { changePage } from "./changes.ts";
import { readCursor, writeCursor, type SyncCursor } from "./cursor.ts";
import { snapshotPage } from "./snapshot.ts";

export type SyncAnswer = z.infer<typeof syncAnswer>;
export type SyncPage = Extract<SyncAnswer, { readonly cursor: string }>;

/** What the client has to begin anew for. */
export type Resync = Extract<SyncAnswer, { readonly resync: string }>["resync"];

export interface SyncQuestion {
  readonly baseId: string;
  readonly tables?: readonly string[] | undefined;
  readonly fields?: readonly string[] | undefined;
  readonly cursor?: string | undefined;
}

/** A call that knows whom and what it is about. */
export interface SyncCall {
  readonly scope: Scope;
  readonly cursor: SyncCursor;
  readonly schema: BaseSchema;
  readonly tables: readonly SyncedTable[];
}

export interface SyncedTable {
  readonly table: Table;
  readonly fields: readonly Field[];
}

/** A page before its cursor is written. */
export interface FoundPage extends Omit<SyncPage, "cursor"> {
  readonly place: SyncCursor["place"];
}

/**
 * The next page of a client's copy: of the snapshot first, then of what has changed. Nothing that was committed before the
 * last answer said `more: false` is missing from the copy; a record may come again. Problems: those of `allow`,
 * `mobile-bff.bad-cursor`, `mobile-bff.unknown-table`, `mobile-bff.unknown-field`.
 */
export async function syncForPhone(scope: Scope, question: SyncQuestion): Promise<SyncAnswer> {
  const { baseId } = question;
  await allow(scope, "records.read", { baseId });
  const level = await permissionLevel(scope, baseId);
  const { userId } = requireUser(scope);
  const cursor: SyncCursor =
    question.cursor === undefined
      ? { ...begin(question), userId, level }
      : readCursor(question.cursor);
  refuseOther(cursor, question);
  if (cursor.userId !== userId || cursor.level !== level) {
    return { resync: "rights-changed" };
  }
  const schema = await schemaOf(scope, baseId);
  const tables = syncedTables(schema, cursor);
  if (tables === undefined) {
    if (question.cursor === undefined) {
      throw unknownTable();
    }
    return { resync: "schema-changed" };
  }
  if (question.cursor === undefined) {
    refuseUnknownFields(tables, cursor);
  }
  const call = { scope, cursor, schema, tables };
  const page =
    cursor.place.phase === "snapshot"
      ? await snapshotPage(call, cursor.place)
      : await changePage(call, cursor.place);
  if (typeof page === "string") {
    return { resync: page };
  }
  const { place, ...answer } = page;
  return { ...answer, cursor: writeCursor({ ...cursor, place }) };
}

function begin({ baseId, tables, fields }: SyncQuestion): Omit<SyncCursor, "userId" | "level"> {
  return {
    baseId,
    tables: tables === undefined ? null : [...new Set(tables)],
    fields: fields === undefined ? null : [...new Set(fields)],
    place: { phase: "snapshot", txn: 0, table: 0, offset: null },
  };
}

/** A cursor goes with the question that it came from; the question may leave out what the cursor knows. */
function refuseOther(cursor: SyncCursor, { baseId, tables, fields }: SyncQuestion): void {
  const same = (asked: readonly string[] | undefined, kept: readonly string[] | null): boolean =>
    asked === undefined || [...new Set(asked)].join() === kept?.join();
  if (cursor.baseId !== baseId || !same(tables, cursor.tables) || !same(fields, cursor.fields)) {
    throw new Problem("invalid", "mobile-bff.bad-cursor", {
      message: "The cursor belongs to another base, or to other tables or fields.",
      fields: { cursor: "belongs to another question" },
    });
  }
}

/** The tables and their fields, or undefined where one of the tables is not there. */
function syncedTables(
  schema: BaseSchema,
  { tables, fields }: SyncCursor,
): readonly SyncedTable[] | undefined {
  const wanted = fields === null ? undefined : new Set(fields);
  const found = (tables ?? schema.tables.map(({ id }) => id)).flatMap(
    (id) => schema.tablesById.get(id) ?? [],
  );
  if (tables !== null && found.length < tables.length) {
    return undefined;
  }
  return found.map((table) => ({
    table,
    fields: table.fields.filter(({ id }) => wanted === undefined || wanted.has(id)),
  }));
}

/** A field that is gone later is told by the log. Problem: `mobile-bff.unknown-field`. */
function refuseUnknownFields(
  tables: readonly SyncedTable[],
  { fields }: Pick<SyncCursor, "fields">,
): void {
  const known = new Set(tables.flatMap((synced) => synced.fields.map(({ id }) => id)));
  if (fields?.some((id) => !known.has(id)) === true) {
    throw new Problem("invalid", "mobile-bff.unknown-field", {
      message: "None of the tables has such a field.",
      fields: { fields: "names a field that none of the tables has" },
    });
  }
}

function unknownTable(): Problem {
  return new Problem("invalid", "mobile-bff.unknown-table", {
    message: "The base has no such table.",
    fields: { tables: "names a table that the base has not" },
  });
}
