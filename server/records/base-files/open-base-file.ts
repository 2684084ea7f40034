import type { z } from "zod";
import { storeAttachment } from "#files";
import { sentenceOf, type Scope } from "#kernel";
import type { BaseContent, StoredFile } from "./base-content.ts";
import {
  COMMENTS,
  fileEntry,
  FORMAT_VERSION,
  isEntryName,
  MANIFEST,
  manifest as manifestShape,
  recordsEntry,
  SCHEMA,
  schemaFile,
  USERS,
  usersFile,
  versionOf,
  type Manifest,
  type SchemaFile,
} from "./format.ts";
import { badBaseFile, newerBaseFile, refuseCutOff } from "./problems.ts";
import { readLines, type Line } from "./read-lines.ts";
import { openZip, type BaseFileLimits, type ZipReader } from "./zip-reader.ts";

/** Entries that are read whole, bytes. */
const WHOLE_ENTRY_MAX_BYTES = 64 * 1024 * 1024;

/** A base file whose manifest, schema and list of persons have been read. */
export interface OpenBaseFile {
  readonly manifest: Manifest;
  /** Stores the files and answers the content; the records are read when they are asked for. */
  content(scope: Scope): Promise<BaseContent>;
  close(): Promise<void>;
}

/**
 * Opens a base file and checks that its parts belong together.
 * Problems: `records.bad-base-file`, `records.base-file-too-new`, `records.base-file-too-large`.
 */
export async function openBaseFile(file: string, limits: BaseFileLimits): Promise<OpenBaseFile> {
  const zip = await openZip(file, limits);
  try {
    const manifest = await readManifest(zip);
    const schema = await readJsonEntry(zip, SCHEMA, schemaFile);
    const users = await readJsonEntry(zip, USERS, usersFile);
    checkEntries(zip, manifest, schema);
    return {
      manifest,
      close: () => zip.close(),
      content: async (scope) =>
        contentOf(zip, { manifest, schema, users }, await storeFiles(scope, zip)),
    };
  } catch (error) {
    await zip.close();
    throw error;
  }
}

interface Parts {
  readonly manifest: Manifest;
  readonly schema: SchemaFile;
  readonly users: BaseContent["users"];
}

function contentOf(
  zip: ZipReader,
  { manifest, schema, users }: Parts,
  files: ReadonlyMap<string, StoredFile>,
): BaseContent {
  const { id, name, tables, ...look } = schema;
  const { counts } = manifest;
  return {
    definition: { id, name, tables: tables.map(({ nextNumber: _nextNumber, ...table }) => table) },
    look,
    nextNumbers: new Map(tables.map((table) => [table.id, table.nextNumber])),
    users,
    files,
    missingFiles: new Set(manifest.missingFiles),
    recordsAt: recordsEntry,
    records: (tableId) => countedLines(zip, recordsEntry(tableId), counts.records[tableId] ?? 0),
    comments: () => countedLines(zip, COMMENTS, counts.comments),
  };
}

/** The lines of an entry; at the end there must have been as many as the manifest says. */
async function* countedLines(
  zip: ZipReader,
  entry: string,
  wanted: number,
): AsyncGenerator<readonly Line[], void, undefined> {
  let count = 0;
  for await (const lines of readLines(entry, zip.read(entry))) {
    count += lines.length;
    yield lines;
  }
  if (count !== wanted) {
    throw badBaseFile(entry, `has ${count} lines where the manifest says ${wanted}`);
  }
}

async function readManifest(zip: ZipReader): Promise<Manifest> {
  const value = await readJson(zip, MANIFEST);
  const format =
    typeof value === "object" && value !== null && "format" in value ? value.format : undefined;
  const version = versionOf(format);
  if (version === undefined) {
    throw badBaseFile(MANIFEST, "names no format that this program knows");
  }
  if (version > FORMAT_VERSION) {
    throw newerBaseFile(String(format));
  }
  return checked(MANIFEST, manifestShape, value);
}

function checkEntries(zip: ZipReader, manifest: Manifest, schema: SchemaFile): void {
  const { counts, base } = manifest;
  const tableIds = schema.tables.map(({ id }) => id);
  for (const name of [COMMENTS, ...tableIds.map(recordsEntry)]) {
    if (!zip.has(name)) {
      throw badBaseFile(name, "is missing");
    }
  }
  const known = new Set(tableIds.map(recordsEntry));
  for (const name of zip.names) {
    if (!isEntryName(name) || (name.startsWith("records/") && !known.has(name))) {
      throw badBaseFile(name, "is nothing that this base file should hold");
    }
  }
  const counted = Object.keys(counts.records);
  if (
    base.id !== schema.id ||
    counts.tables !== tableIds.length ||
    counted.length !== tableIds.length
  ) {
    throw badBaseFile(MANIFEST, "does not fit to the schema");
  }
  if (counts.files !== fileHashes(zip).length) {
    throw badBaseFile(
      MANIFEST,
      `says ${counts.files} files and ${fileHashes(zip).length} are there`,
    );
  }
}

function fileHashes(zip: ZipReader): string[] {
  const folder = fileEntry("");
  return [...zip.names]
    .filter((name) => name.startsWith(folder))
    .map((name) => name.slice(folder.length));
}

/** Bytes are stored before the base is made; if the import fails they belong to nobody and are swept. */
async function storeFiles(scope: Scope, zip: ZipReader): Promise<ReadonlyMap<string, StoredFile>> {
  const stored = new Map<string, StoredFile>();
  for (const hash of fileHashes(zip)) {
    refuseCutOff(scope);
    const name = fileEntry(hash);
    const {
      id: _,
      filename: _name,
      type: _type,
      ...file
    } = await storeAttachment(scope, {
      bytes: zip.read(name),
      filename: hash,
    });
    if (file.hash !== hash) {
      throw badBaseFile(name, "holds other bytes than its name says");
    }
    stored.set(hash, file);
  }
  return stored;
}

async function readJsonEntry<T>(zip: ZipReader, name: string, shape: z.ZodType<T>): Promise<T> {
  return checked(name, shape, await readJson(zip, name));
}

async function readJson(zip: ZipReader, name: string): Promise<unknown> {
  const text = await zip.text(name, WHOLE_ENTRY_MAX_BYTES);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw badBaseFile(name, "is no JSON", error);
  }
}

function checked<T>(name: string, shape: z.ZodType<T>, value: unknown): T {
  const result = shape.safeParse(value, { error: sentenceOf });
  if (!result.success) {
    const [issue] = result.error.issues;
    const where = issue?.path.map(String).join(".") ?? "";
    throw badBaseFile(
      name,
      `is not as it should be at ${JSON.stringify(where)}: ${issue?.message}`,
    );
  }
  return result.data;
}
