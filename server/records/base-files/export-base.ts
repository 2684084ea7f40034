import type { Readable } from "node:stream";
import { readBlob } from "#files";
import { userProfiles } from "#identity";
import { part, Problem, type Db, type Scope, type Tx } from "#kernel";
import { allow, baseOf, noteOnPlace, type ListedBase } from "#workspaces";
import { definedOptions } from "../computed/defined-options.ts";
import { watchedFields } from "../computed/watched-fields.ts";
import type { BaseSchema, Table } from "../schema/base-schema.ts";
import { loadSchema } from "../schema/schema-cache.ts";
import {
  absentPeople,
  countComments,
  countRecords,
  fileHashes,
  nextComments,
  nextNumber,
  oneSnapshot,
  openComments,
  peopleOfComments,
  peopleOfTable,
  recordLines,
  type ExportedTable,
} from "./export-base.sql.ts";
import {
  COMMENTS,
  fileEntry,
  FORMAT,
  MANIFEST,
  recordsEntry,
  SCHEMA,
  USERS,
  type FileUser,
  type Manifest,
  type SchemaFile,
} from "./format.ts";
import { exportsBusy } from "./problems.ts";
import { ZipWriter } from "./zip-writer.ts";

/** Exports that run at once in one process: each holds a connection and a snapshot. */
const EXPORTS_MAX = 2;
/** Rows of one statement, and about how much text one statement should give. */
const PAGE_ROWS_MAX = 1_000;
const PAGE_SIZE_BYTES = 4 * 1024 * 1024;

export interface ExportedBase {
  readonly name: string;
  /** The file, made as it is read. A failure on the way destroys it. */
  readonly bytes: Readable;
}

const exporting = part("records.exports", () => ({ running: 0 }));

/**
 * Writes a base with its records, comments and files as one base file, as it is at one moment. Takes a creator.
 * The name of the program goes into the stamp.
 *
 * Problems: those of `allow`, `records.exports-busy`.
 */
export async function exportBase(
  scope: Scope,
  { baseId, program }: { readonly baseId: string; readonly program: string },
): Promise<ExportedBase> {
  await allow(scope, "records.read", { baseId });
  await allow(scope, "comments.read", { baseId });
  await allow(scope, "base.update", { baseId });
  const { name } = await baseOf(scope, baseId);
  const count = scope.parts.of(exporting);
  if (count.running >= EXPORTS_MAX) {
    throw exportsBusy();
  }
  count.running += 1;
  const zip = new ZipWriter();
  void writeBase(scope, zip, { baseId, program })
    .catch((error: unknown) => zip.fail(error))
    .finally(() => {
      count.running -= 1;
    });
  return { name, bytes: zip.output };
}

async function writeBase(
  scope: Scope,
  zip: ZipWriter,
  { baseId, program }: { readonly baseId: string; readonly program: string },
): Promise<void> {
  // Before the first byte leaves: nothing goes out that nobody wrote down.
  await noteOnPlace(
    scope,
    { baseId },
    {
      act: "records.base-exported",
      target: { kind: "base", id: baseId },
    },
  );
  const files = await scope.db.transaction(
    async (tx) => {
      const inside = { ...scope, db: tx };
      const schema = await loadSchema(inside, baseId);
      const base = await baseOf(inside, baseId);
      const found = await presentFiles(inside, schema);
      const users = await namedPeople(inside, schema);
      const manifest = await manifestOf(inside, { base, schema, users, program, ...found });
      await zip.add(MANIFEST, [jsonText(manifest)]);
      await zip.add(SCHEMA, [jsonText(await schemaOfFile(tx, base, schema))]);
      await zip.add(USERS, [jsonText(users)]);
      for (const table of schema.tables) {
        await zip.add(recordsEntry(table.id), linesOf(tx, exportedTable(schema, table)));
      }
      await zip.add(COMMENTS, commentLines(tx, baseId));
      return found.files;
    },
    [oneSnapshot()],
  );
  // The snapshot is not needed for bytes, which never change under their name.
  for (const hash of files) {
    await zip.add(fileEntry(hash), await readBlob(scope, hash), false);
  }
  zip.end();
}

interface FoundFiles {
  /** Hashes, sorted. */
  readonly files: readonly string[];
  readonly missingFiles: readonly string[];
}

async function presentFiles(scope: Scope, schema: BaseSchema): Promise<FoundFiles> {
  const hashes = new Set<string>();
  for (const table of schema.tables) {
    for (const field of table.fields.filter(({ type }) => type === "multipleAttachments")) {
      for (const [hash] of await scope.db.text(fileHashes(table, field))) {
        hashes.add(hash ?? "");
      }
    }
  }
  const files: string[] = [];
  const missingFiles: string[] = [];
  for (const hash of [...hashes].toSorted()) {
    ((await isThere(scope, hash)) ? files : missingFiles).push(hash);
  }
  return { files, missingFiles };
}

async function isThere(scope: Scope, hash: string): Promise<boolean> {
  try {
    await readBlob(scope, hash);
    return true;
  } catch (error) {
    if (error instanceof Problem && error.kind === "not-found") {
      return false;
    }
    throw error;
  }
}

/** Who is named anywhere in the base, by id; those of whom nothing is known are left out. */
async function namedPeople(scope: Scope, schema: BaseSchema): Promise<FileUser[]> {
  const ids = new Set<string>();
  for (const statement of [
    ...schema.tables.map((table) => peopleOfTable(exportedTable(schema, table))),
    peopleOfComments(schema.baseId),
  ]) {
    for (const [id] of await scope.db.text(statement)) {
      ids.add(id ?? "");
    }
  }
  for (const { personalForUserId, options } of schema.tables.flatMap(({ views }) => views)) {
    ids.add(personalForUserId ?? "");
    JSON.stringify(options["filters"] ?? null)
      .match(/\busr[A-Za-z0-9]{14}\b/g)
      ?.forEach((id) => ids.add(id));
  }
  const absent = await scope.db.all<FileUser>(absentPeople(schema.baseId));
  const known = new Map<string, FileUser>(absent.map((user) => [user.id, user]));
  for (const [id, profile] of await userProfiles(scope, ids)) {
    known.set(id, profile);
  }
  return [...ids]
    .toSorted()
    .flatMap((id) => known.get(id) ?? [])
    .map(({ id, email, name }) => ({ id, email, name }));
}

async function manifestOf(
  scope: Scope,
  facts: FoundFiles & {
    readonly base: ListedBase;
    readonly schema: BaseSchema;
    readonly users: readonly FileUser[];
    readonly program: string;
  },
): Promise<Manifest> {
  const { base, schema, users, program, files, missingFiles } = facts;
  const records: Record<string, number> = {};
  for (const table of schema.tables) {
    records[table.id] = await countOf(scope.db, countRecords(table));
  }
  return {
    format: FORMAT,
    base: { id: base.id, name: base.name },
    stamp: { time: scope.now().toISOString(), program },
    counts: {
      tables: schema.tables.length,
      records,
      comments: await countOf(scope.db, countComments(base.id)),
      users: users.length,
      files: files.length,
    },
    missingFiles: [...missingFiles],
  };
}

async function countOf(db: Db, statement: ReturnType<typeof countComments>): Promise<number> {
  return (await db.one<{ count: number }>(statement)).count;
}

async function schemaOfFile(tx: Tx, base: ListedBase, schema: BaseSchema): Promise<SchemaFile> {
  const tables: SchemaFile["tables"] = [];
  for (const table of schema.tables) {
    const { nextNumber: next } = await tx.one<{ nextNumber: number }>(nextNumber(table));
    tables.push({
      id: table.id,
      name: table.name,
      description: table.description,
      primaryFieldId: table.primaryFieldId,
      nextNumber: next,
      fields: table.fields.map((field) => ({
        id: field.id,
        name: field.name,
        type: field.type,
        description: field.description,
        options: { ...definedOptions(field) },
      })),
      views: table.views.map(({ id, name, type, options, personalForUserId }) => ({
        id,
        name,
        type,
        options: { ...options },
        personalForUserId,
      })),
    });
  }
  const { id, name, description, color, icon } = base;
  return { id, name, description, color, icon, tables };
}

/** A page of rows at a time; pages of long rows are shorter, so that memory does not depend on the base. */
async function* linesOf(tx: Tx, table: ExportedTable): AsyncGenerator<string, void, undefined> {
  let limit = PAGE_ROWS_MAX;
  let after = Number.MIN_SAFE_INTEGER;
  for (;;) {
    const rows = await tx.text(recordLines(table, after, limit));
    const last = rows.at(-1);
    if (last === undefined) {
      return;
    }
    const text = `${rows.map(([, line]) => line).join("\n")}\n`;
    yield text;
    after = Number(last[0]);
    limit = pageLength(text.length / rows.length);
  }
}

function exportedTable(schema: BaseSchema, table: Table): ExportedTable {
  return { table, watched: watchedFields(schema, table) };
}

function pageLength(lineBytes: number): number {
  return Math.max(1, Math.min(PAGE_ROWS_MAX, Math.floor(PAGE_SIZE_BYTES / lineBytes)));
}

async function* commentLines(tx: Tx, baseId: string): AsyncGenerator<string, void, undefined> {
  await tx.run(openComments(baseId));
  for (;;) {
    const rows = await tx.text(nextComments());
    if (rows.length === 0) {
      return;
    }
    yield `${rows.map(([line]) => line).join("\n")}\n`;
  }
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
