import { z } from "zod";
import {
  cellValue,
  collaborator,
  DESCRIPTION_MAX_CHARACTERS,
  FIELD_NAME_MAX_CHARACTERS,
  fieldConfig,
  fieldTypeNames,
} from "./fields.ts";
import { permissionLevels, placeName } from "./workspaces.ts";

/** Records in one write. Source: Airtable's documentation. */
export const RECORDS_PER_CALL_MAX = 10;
/** Records in one write, and in one page, for callers that send the header below. Ours: bounds one statement. */
export const RECORDS_PER_CALL_EXTENDED_MAX = 1_000;
/** The header that asks for the larger limits, and its only value. Without it callers see Airtable's. */
export const LIMITS_HEADER = "x-basalt-limits";
export const LIMITS_EXTENDED = "extended";
/** Records or comments in one page, and what is given where nothing is asked for. Source: Airtable's documentation. */
export const PAGE_SIZE_MAX = 100;
/** Bases in one page. Source: Airtable's documentation. */
export const BASES_PAGE_SIZE = 1_000;
/** Fields that an upsert may match on. Source: Airtable's documentation. */
export const MERGE_FIELDS_MAX = 3;
/** Keys of one sort order. Ours. */
export const SORT_KEYS_MAX = 50;
/** Bytes of an uploaded attachment, decoded. Source: Airtable's documentation. */
export const UPLOAD_SIZE_MAX_BYTES = 5 * 1024 * 1024;
/** Characters (code points) of a comment. Ours; as a long text cell. */
export const COMMENT_MAX_CHARACTERS = 100_000;
/** Entries of the change feed in one answer, and what is given where nothing is asked for. Ours. */
export const CHANGES_PAGE_MAX = 1_000;
export const CHANGES_PAGE_DEFAULT = 100;
/** Tables and fields in one call that makes a base or table. Ours. */
export const TABLES_PER_CALL_MAX = 100;
export const FIELDS_PER_CALL_MAX = 500;
/** Characters in the name of a table. Ours. */
export const TABLE_NAME_MAX_CHARACTERS = 255;

/** Booleans come as such, or as 1 and 0. */
const flag = z.union([z.boolean(), z.literal(0), z.literal(1)]);

const recordId = z.string().regex(/^rec[A-Za-z0-9]{14}$/);
const cells = z.record(z.string(), z.unknown()).describe("Field name or id -> value; null clears.");

/** Metadata of records that a listing can add; `version` is ours. */
export const recordMetadataNames = ["commentCount", "version"] as const;

const sortKey = z.object({ field: z.string(), direction: z.enum(["asc", "desc"]).optional() });

/** Parameters of a listing, as the body of `POST …/listRecords`; keys that are not named here are ignored. */
export const listRecordsBody = z.object({
  fields: z.array(z.string()).optional(),
  filterByFormula: z.string().optional(),
  maxRecords: z.int().min(1).optional(),
  pageSize: z.int().min(1).max(RECORDS_PER_CALL_EXTENDED_MAX).optional(),
  sort: z.array(sortKey).max(SORT_KEYS_MAX).optional(),
  view: z.string().optional(),
  cellFormat: z.enum(["json", "string"]).optional(),
  timeZone: z.string().optional(),
  userLocale: z.string().optional(),
  returnFieldsByFieldId: flag.optional(),
  recordMetadata: z.array(z.enum(recordMetadataNames)).optional(),
  offset: z.string().optional(),
});
export type ListRecordsBody = z.infer<typeof listRecordsBody>;

const writeSwitches = {
  typecast: flag.optional(),
  returnFieldsByFieldId: flag.optional(),
};

/** One record (`fields`) or several (`records`); the first wins where both are there. */
export const createRecordsBody = z.union([
  z.object({ fields: cells, ...writeSwitches }),
  z.object({ records: z.array(z.object({ fields: cells })), ...writeSwitches }),
]);
export const updateRecordBody = z.object({ fields: cells, ...writeSwitches });
export const updateRecordsBody = z.object({
  records: z.array(z.object({ id: recordId.optional(), fields: cells })),
  performUpsert: z
    .object({ fieldsToMergeOn: z.array(z.string()).min(1).max(MERGE_FIELDS_MAX) })
    .optional(),
  ...writeSwitches,
});
export const uploadAttachmentBody = z.object({
  contentType: z.string().min(1).max(255),
  filename: z.string().min(1).max(255),
  file: z.string().describe("Base64; at most 5 MB when decoded."),
});

export const recordBody = z.object({
  id: recordId,
  createdTime: z.iso.datetime(),
  fields: z.record(z.string(), z.union([cellValue, z.string()])),
  commentCount: z.int().optional(),
  version: z.int().optional().describe("Ours; only where recordMetadata asks for it."),
});
export const recordsPage = z.object({
  records: z.array(recordBody),
  offset: z.string().optional().describe("Absent on the last page."),
});
export const recordsBody = z.object({ records: z.array(recordBody) });
export const upsertedBody = recordsBody.extend({
  createdRecords: z.array(recordId),
  updatedRecords: z.array(recordId),
});
export const deletedBody = z.object({ id: z.string(), deleted: z.literal(true) });
export const deletedRecordsBody = z.object({ records: z.array(deletedBody) });

const storable = (text: string): boolean => !text.includes("\0");
const commentText = z
  .string()
  .refine((text) => text.trim() !== "", { message: "must not be empty" })
  .refine(storable, { message: "must not hold the NUL character" })
  .refine(
    (text) => text.length <= COMMENT_MAX_CHARACTERS || [...text].length <= COMMENT_MAX_CHARACTERS,
    {
      message: `must have at most ${COMMENT_MAX_CHARACTERS} characters`,
    },
  )
  .overwrite((text) => text.toWellFormed());
const commentId = z.string().regex(/^com[A-Za-z0-9]{14}$/);

export const createCommentBody = z.object({
  text: commentText,
  parentCommentId: commentId.nullish(),
});
export const updateCommentBody = z.object({ text: commentText });

const mention = z.object({
  type: z.enum(["user", "userGroup"]),
  id: z.string(),
  displayName: z.string(),
  name: z.string(),
  email: z.string().optional(),
});
export type Mention = Readonly<z.infer<typeof mention>>;

export const commentBody = z.object({
  id: commentId,
  author: collaborator,
  text: z.string(),
  createdTime: z.iso.datetime(),
  lastUpdatedTime: z.iso.datetime().nullable(),
  parentCommentId: commentId.optional(),
  mentioned: z.record(z.string(), mention).optional(),
});
export type CommentBody = z.infer<typeof commentBody>;
export const commentsPage = z.object({
  comments: z.array(commentBody),
  offset: z.string().nullable(),
});

/** Names of tables: what is empty or taken is refused by the use case, with Airtable's own error. */
const tableName = z.string().max(TABLE_NAME_MAX_CHARACTERS);
const description = z
  .string()
  .max(DESCRIPTION_MAX_CHARACTERS)
  .refine(storable, "must not hold the NUL character");

export const newTable = z.strictObject({
  name: tableName,
  description: description.optional(),
  fields: z.array(fieldConfig).min(1).max(FIELDS_PER_CALL_MAX),
});
export const newBase = z.strictObject({
  name: placeName,
  workspaceId: z.string().regex(/^wsp[A-Za-z0-9]{14}$/),
  tables: z.array(newTable).min(1).max(TABLES_PER_CALL_MAX),
});
export const tableChanges = z
  .strictObject({
    name: tableName,
    description,
  })
  .partial()
  .refine(
    (changes) => Object.keys(changes).length > 0,
    "at least one of name, description is required",
  );
/** `type` and `dryRun` are ours: the field is converted, or only the loss is counted. */
export const fieldChanges = z
  .strictObject({
    name: z.string().max(FIELD_NAME_MAX_CHARACTERS),
    description: description.nullable(),
    options: z.unknown(),
    type: z.enum(fieldTypeNames),
    dryRun: z.boolean(),
  })
  .partial()
  .refine(
    (changes) => ["name", "description", "options", "type"].some((key) => key in changes),
    "at least one of name, description, options, type is required",
  )
  .refine(
    ({ type, name, description: text }) =>
      type === undefined || (name === undefined && text === undefined),
    "type stands alone or with options and dryRun",
  )
  .refine(({ type, dryRun }) => dryRun === undefined || type !== undefined, "dryRun needs type");

export const fieldBody = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  description: z.string().optional(),
  options: z.record(z.string(), z.unknown()).optional(),
  conversion: z
    .object({ cells: z.int(), lost: z.int() })
    .optional()
    .describe(
      "Ours; of a conversion: cells that were not empty, and those of which something is lost.",
    ),
});
export const viewBody = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  visibleFieldIds: z.array(z.string()).optional(),
  personalForUserId: z.string().optional(),
});
export const tableBody = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().optional(),
  primaryFieldId: z.string(),
  fields: z.array(fieldBody),
  views: z.array(viewBody),
});
export const tablesBody = z.object({ tables: z.array(tableBody) });
export const viewsBody = z.object({ views: z.array(viewBody) });
export const newBaseBody = z.object({ id: z.string(), tables: z.array(tableBody) });
export const basesBody = z.object({
  bases: z.array(
    z.object({ id: z.string(), name: z.string(), permissionLevel: z.enum(permissionLevels) }),
  ),
  offset: z.string().optional(),
});
export const whoamiBody = z.object({
  id: z.string(),
  email: z.string().optional(),
  scopes: z.array(z.string()).optional(),
});

/** Collaborators added in one call. Ours. */
export const COLLABORATORS_PER_CALL_MAX = 100;
/** What Airtable calls a role; `owner` only on workspaces. */
const grantedLevel = z.enum(["read", "comment", "edit", "create", "owner"]);
const personRef = z.strictObject({ id: z.string().regex(/^usr[A-Za-z0-9]{14}$/) });
export const newCollaborators = z.strictObject({
  collaborators: z
    .array(z.strictObject({ user: personRef, permissionLevel: grantedLevel }))
    .min(1)
    .max(COLLABORATORS_PER_CALL_MAX),
});
export const collaboratorChange = z.strictObject({ permissionLevel: grantedLevel });
export const baseMoveByApi = z.strictObject({
  baseId: z.string().regex(/^app[A-Za-z0-9]{14}$/),
  targetWorkspaceId: z.string().regex(/^wsp[A-Za-z0-9]{14}$/),
  targetIndex: z
    .int()
    .min(0)
    .optional()
    .describe("Accepted; bases have no order of their own here."),
});

const individual = z.object({
  userId: z.string(),
  email: z.string(),
  permissionLevel: grantedLevel,
  createdTime: z.iso.datetime(),
  grantedByUserId: z.string().nullable(),
});
const inviteLink = z.object({
  id: z.string(),
  type: z.enum(["singleUse", "multiUse"]),
  createdTime: z.iso.datetime(),
  invitedEmail: z.string().nullable(),
  referredByUserId: z.string(),
  permissionLevel: grantedLevel,
  restrictedToEmailDomains: z.array(z.string()),
});
export const baseSharingBody = z.object({
  id: z.string(),
  name: z.string(),
  createdTime: z.iso.datetime(),
  permissionLevel: z.enum(permissionLevels),
  workspaceId: z.string(),
  individualCollaborators: z.object({
    baseCollaborators: z.array(individual),
    workspaceCollaborators: z.array(individual),
  }),
  groupCollaborators: z.object({
    baseCollaborators: z.array(z.never()),
    workspaceCollaborators: z.array(z.never()),
  }),
  inviteLinks: z.object({
    baseInviteLinks: z.array(inviteLink),
    workspaceInviteLinks: z.array(inviteLink),
  }),
  interfaces: z.object({}),
});
export const workspaceSharingBody = z.object({
  id: z.string(),
  name: z.string(),
  createdTime: z.iso.datetime(),
  baseIds: z.array(z.string()),
  individualCollaborators: z.object({ workspaceCollaborators: z.array(individual) }),
  groupCollaborators: z.object({ workspaceCollaborators: z.array(z.never()) }),
  inviteLinks: z.object({ workspaceInviteLinks: z.array(inviteLink) }),
  workspaceRestrictions: z.object({
    inviteCreationRestriction: z.string(),
    shareCreationRestriction: z.string(),
  }),
});
export const sharesBody = z.object({ shares: z.array(z.never()) });

/** What the change feed is asked: entries after a transaction, at most so many. */
export const changesQuery = z.object({
  after: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
  limit: z.coerce.number().int().min(1).max(CHANGES_PAGE_MAX).default(CHANGES_PAGE_DEFAULT),
});
export const changeBody = z.object({
  baseId: z.string(),
  txn: z.int(),
  seq: z.int(),
  at: z.iso.datetime(),
  name: z.string(),
  tableId: z.string().nullable(),
  recordIds: z.array(z.string()),
  fieldIds: z.array(z.string()),
  body: z.unknown(),
  actorId: z.string().nullable(),
  source: z.string(),
  requestId: z.string().nullable(),
  cause: z.array(z.string()),
});
export const changesPage = z.object({
  changes: z.array(changeBody),
  cursor: z.int().describe("Give it as `after` to read on."),
  mightHaveMore: z.boolean(),
});
