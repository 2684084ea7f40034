import { z } from "zod";

/** What this program writes, and the newest that it reads. */
export const FORMAT_VERSION = 1;
const FORMAT_NAME = "basalt.base";
export const FORMAT = `${FORMAT_NAME}/${FORMAT_VERSION}`;

/** Entries of the archive, in the order in which they are written. */
export const MANIFEST = "manifest.json";
export const SCHEMA = "schema.json";
export const USERS = "users.json";
export const COMMENTS = "comments.jsonl";
export const recordsEntry = (tableId: string): string => `records/${tableId}.jsonl`;
export const fileEntry = (hash: string): string => `files/${hash}`;

/** True for a name that an entry of this version can have. */
export function isEntryName(name: string): boolean {
  return (
    [MANIFEST, SCHEMA, USERS, COMMENTS].includes(name) ||
    /^records\/tbl[A-Za-z0-9]{14}\.jsonl$/.test(name) ||
    /^files\/[0-9a-f]{64}$/.test(name)
  );
}

/** The version in a manifest's `format`; undefined where it is not ours. */
export function versionOf(format: unknown): number | undefined {
  const [, version] = /^basalt\.base\/([1-9]\d{0,5})$/.exec(String(format)) ?? [];
  return version === undefined ? undefined : Number(version);
}

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);
const tableId = z.string().regex(/^tbl[A-Za-z0-9]{14}$/);

/** What is in the file. Everything but `stamp` depends on the base alone. */
export const manifest = z.strictObject({
  format: z.literal(FORMAT),
  base: z.strictObject({ id: z.string(), name: z.string() }),
  stamp: z.strictObject({ time: z.string(), program: z.string() }),
  counts: z.strictObject({
    tables: count,
    records: z.record(tableId, count),
    comments: count,
    users: count,
    files: count,
  }),
  /** Files that cells name and whose bytes were gone when the base was exported. */
  missingFiles: z.array(hash),
});
export type Manifest = z.infer<typeof manifest>;

const nullableText = z.string().nullable();
const options = z.record(z.string(), z.unknown());

/** The base without its records. What is in `options` is checked by field types and views. */
export const schemaFile = z.strictObject({
  id: z.string(),
  name: z.string(),
  description: z.string().max(20_000),
  color: z.string().max(100).nullable(),
  icon: z.string().max(100).nullable(),
  tables: z.array(
    z.strictObject({
      id: tableId,
      name: z.string(),
      description: nullableText,
      primaryFieldId: z.string(),
      nextNumber: z.int().min(1),
      fields: z.array(
        z.strictObject({
          id: z.string(),
          name: z.string(),
          type: z.string(),
          description: nullableText,
          options,
        }),
      ),
      views: z.array(
        z.strictObject({
          id: z.string(),
          name: z.string(),
          type: z.string(),
          options,
          personalForUserId: nullableText,
        }),
      ),
    }),
  ),
});
export type SchemaFile = z.infer<typeof schemaFile>;

/** Persons that cells, comments and views name, by their ids in the file. */
export const usersFile = z.array(
  z.strictObject({
    id: z.string().regex(/^usr[A-Za-z0-9]{14}$/),
    email: z.string().max(1_000),
    name: z.string().max(1_000),
  }),
);
export type FileUser = z.infer<typeof usersFile>[number];

/** One line of `records/tbl….jsonl`. */
export interface RecordLine {
  readonly id: string;
  readonly number: number;
  readonly createdTime: string;
  readonly createdBy?: string;
  readonly modifiedTime: string;
  readonly modifiedBy?: string;
  /** Field id -> stored value; empty cells are absent. */
  readonly cells: Readonly<Record<string, unknown>>;
  /** When fields were changed last and by whom; only of those whose changes some field or formula asks for. */
  readonly changed?: Readonly<Record<string, FieldChange>>;
}

/** `at` in milliseconds since 1970. */
export interface FieldChange {
  readonly at: number;
  readonly by?: string;
}

/** One line of `comments.jsonl`. */
export interface CommentLine {
  readonly id: string;
  readonly tableId: string;
  readonly recordId: string;
  readonly parentId?: string;
  readonly authorId: string;
  readonly text: string;
  readonly mentioned: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly createdTime: string;
  readonly updatedTime?: string;
}
