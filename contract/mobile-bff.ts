import { z } from "zod";
import { problemBody, type Operation } from "./operation.ts";

/** Bases and recent items of the phone's home screen. Ours. */
export const MOBILE_BASES_MAX = 20;
export const MOBILE_RECENT_MAX = 5;
/** Records in one page of a list on the phone. Ours. */
export const MOBILE_PAGE_MAX = 200;
export const MOBILE_PAGE_DEFAULT = 50;
/** Fields of a list where none are named: the primary one and those that follow. Ours. */
export const MOBILE_FIELDS_DEFAULT = 4;
/** Tables and fields that one call may name. Ours. */
export const SYNC_TABLES_MAX = 50;
export const SYNC_FIELDS_MAX = 500;
/** Records and bytes of JSON in one answer of the sync, about; a single record may be larger. Ours. */
export const SYNC_RECORDS_MAX = 500;
export const SYNC_MAX_BYTES = 512 * 1024;

const listed = (pattern: RegExp, what: string, max: number) =>
  z
    .string()
    .max(max * 18)
    .transform((text) => text.split(","))
    .refine((ids) => ids.length <= max && ids.every((id) => pattern.test(id)), {
      message: `must be at most ${max} ids of ${what} with commas between`,
    })
    .optional();
const tableIds = listed(/^tbl[A-Za-z0-9]{14}$/, "tables", SYNC_TABLES_MAX);
const fieldIds = listed(/^fld[A-Za-z0-9]{14}$/, "fields", SYNC_FIELDS_MAX);

export const mobileHomeParts = ["me", "workspaces", "bases", "recent", "notices"] as const;
export const mobileHomeQuery = z.strictObject({
  parts: z
    .string()
    .max(200)
    .transform((text) => text.split(","))
    .pipe(z.array(z.enum(mobileHomeParts)))
    .optional()
    .describe("Only these parts, with commas between."),
});
/** Rows are arrays in the order that each description says; programs that check descriptions do not know tuples. */
export const mobileHome = z.object({
  me: z.object({ id: z.string(), name: z.string() }).optional(),
  workspaces: z.array(z.array(z.string()).length(2)).optional().describe("[id, name]"),
  bases: z
    .array(z.array(z.string()).length(3))
    .optional()
    .describe("[id, name, permission level]; what was opened last comes first."),
  recent: z
    .array(z.array(z.union([z.string(), z.int()])).length(4))
    .optional()
    .describe("[base id, table id, table name, seconds since 1970]"),
  notices: z.array(z.string()).optional().describe("Codes, as in the web's home."),
  moreBases: z.boolean().optional(),
});

export const mobileRecordsQuery = z.strictObject({
  fields: fieldIds.describe("Ids of the fields wanted, with commas between."),
  view: z.string().min(1).max(255).optional(),
  limit: z.coerce.number().int().min(1).max(MOBILE_PAGE_MAX).default(MOBILE_PAGE_DEFAULT),
  cursor: z.string().min(1).max(500).optional(),
});
const row = z
  .array(z.unknown())
  .describe("The record's id, then a value for each column; empty ones at the end are left out.");
export const mobileRecords = z.object({
  columns: z.array(z.string()).describe("Field ids, in the order of the values."),
  rows: z.array(row),
  cursor: z.string().optional().describe("Absent on the last page."),
  txn: z.int(),
});

export const SYNC_CURSOR_MAX_CHARACTERS = 4_000;
export const syncQuery = z.strictObject({
  base: z.string().regex(/^app[A-Za-z0-9]{14}$/, "must be the id of a base"),
  tables: tableIds.describe("Ids with commas between; all tables of the base if absent."),
  fields: fieldIds.describe("Ids with commas between; all fields if absent."),
  cursor: z
    .string()
    .max(SYNC_CURSOR_MAX_CHARACTERS)
    .regex(/^[A-Za-z0-9_-]+$/, "must be the cursor of an answer before")
    .optional(),
});
export const resyncReasons = ["log-gone", "schema-changed", "rights-changed", "too-much"] as const;
const syncPage = z.object({
  phase: z.enum(["snapshot", "changes"]),
  schema: z
    .array(
      z.object({
        id: z.string(),
        name: z.string(),
        primaryFieldId: z.string(),
        fields: z.array(z.array(z.string()).length(3)).describe("[id, name, type]"),
      }),
    )
    .optional()
    .describe("With the first page."),
  tables: z.array(
    z.object({
      id: z.string(),
      columns: z.array(z.string()),
      rows: z.array(row),
      deleted: z.array(z.string()),
    }),
  ),
  cursor: z.string(),
  more: z.boolean().describe("Ask again at once; false: ask again when you like."),
  txn: z.int(),
});
const resync = z.object({
  resync: z.enum(resyncReasons).describe("Drop what is stored and begin without a cursor."),
});
export const syncAnswer = z.union([syncPage, resync]);

const refused = { 401: problemBody, 403: problemBody, 404: problemBody, 422: problemBody } as const;
const read = (schema: z.ZodType) => ({ 200: schema, 304: null, ...refused });

/** The same as for the web, smaller and resumable. */
export const mobileBffOperations: readonly Operation[] = [
  {
    id: "mobileBff.home",
    method: "get",
    path: "/bff/mobile/home",
    summary: "The phone's home screen",
    auth: "bearer",
    scope: "workspacesAndBases:read",
    query: mobileHomeQuery,
    answers: read(mobileHome),
  },
  {
    id: "mobileBff.records",
    method: "get",
    path: "/bff/mobile/bases/{baseId}/tables/{tableIdOrName}/records",
    summary: "A page of records as arrays, with thumbnails instead of files",
    auth: "bearer",
    scope: "data.records:read",
    query: mobileRecordsQuery,
    answers: read(mobileRecords),
  },
  {
    id: "mobileBff.sync",
    method: "get",
    path: "/bff/mobile/sync",
    summary: "A copy of tables, then what has changed since",
    description:
      "Without a cursor it begins with a snapshot in pages; then each call answers changed records and deleted ids since the one before. A lost answer is asked for again with the same cursor. Nothing is missed while others write; a record may come twice, and the last one counts.",
    auth: "bearer",
    scope: "data.records:read",
    query: syncQuery,
    answers: read(syncAnswer),
  },
];
