import { z } from "zod";

/** Acts in one page, and where nothing is asked for. Ours. */
export const ACTS_PAGE_MAX = 1_000;
export const ACTS_PAGE_DEFAULT = 100;
/** Entries in one page of the audit of a base: they carry what was before and after. Ours. */
export const BASE_AUDIT_PAGE_MAX = 200;
export const BASE_AUDIT_PAGE_DEFAULT = 50;
/** Characters of a text that is looked for. Ours. */
export const AUDIT_TEXT_MAX_CHARACTERS = 200;
/** Problems that one check of the seals names; further ones are only counted. Ours. */
export const INTEGRITY_PROBLEMS_MAX = 100;

const storable = (text: string): boolean => text.isWellFormed() && !text.includes("\0");
const text = z
  .string()
  .min(1)
  .max(AUDIT_TEXT_MAX_CHARACTERS)
  .refine(storable, "must not hold NUL or half of a surrogate pair");
const moment = z.iso.datetime({ offset: true });

/** What narrows the log of acts. */
export const actFilters = z.strictObject({
  actor: text.describe("Id of the user who did it.").optional(),
  act: text
    .describe("The act, as in `identity.key-created`, or all of a kind, as in `identity.*`.")
    .optional(),
  target: text.describe("Id of what it was done to.").optional(),
  workspace: z
    .string()
    .regex(/^wsp[A-Za-z0-9]{14}$/, "must be the id of a workspace")
    .optional(),
  base: z
    .string()
    .regex(/^app[A-Za-z0-9]{14}$/, "must be the id of a base")
    .optional(),
  outcome: z.enum(["ok", "refused"]).optional(),
  address: text.optional(),
  text: text
    .describe("Contained in the names, the act, the address or the details, ignoring case.")
    .optional(),
  since: moment.optional(),
  until: moment.optional(),
  mine: z
    .enum(["true", "false"])
    .default("false")
    .describe("Only what the caller did and what was done to the caller."),
});
const cursor = z.string().regex(/^[0-9]{1,18}$/, "must be the `next` of a page before");
export const actsQuery = actFilters.extend({
  limit: z.coerce.number().int().min(1).max(ACTS_PAGE_MAX).default(ACTS_PAGE_DEFAULT),
  cursor: cursor.optional(),
});
export const actsExportQuery = actFilters.extend({
  format: z.enum(["jsonl", "csv"]).default("jsonl"),
});

const named = z.object({
  kind: z.string(),
  id: z.string().nullable(),
  name: z.string().nullable().describe("As it was then."),
});
/** One act as it is shown. */
export const actBody = z.object({
  seq: z.int(),
  at: z.iso.datetime(),
  act: z.string(),
  outcome: z.enum(["ok", "refused"]),
  reason: z.string().nullable().describe("Code of the problem, where it was refused."),
  actor: named,
  credential: z.object({ kind: z.enum(["session", "key"]), id: z.string() }).nullable(),
  target: named.nullable(),
  workspaceId: z.string().nullable(),
  baseId: z.string().nullable(),
  address: z.string(),
  userAgent: z.string(),
  requestId: z.string(),
  source: z.string(),
  times: z.int().describe("How many acts of one kind the row tells of: refusals are counted."),
  details: z.record(z.string(), z.unknown()).nullable(),
});
export const actsPage = z.object({ acts: z.array(actBody), next: z.string().optional() });

export const baseAuditQuery = z.strictObject({
  table: z
    .string()
    .regex(/^tbl[A-Za-z0-9]{14}$/, "must be the id of a table")
    .optional(),
  record: z
    .string()
    .regex(/^rec[A-Za-z0-9]{14}$/, "must be the id of a record")
    .optional(),
  actor: text.optional(),
  since: moment.optional(),
  until: moment.optional(),
  limit: z.coerce.number().int().min(1).max(BASE_AUDIT_PAGE_MAX).default(BASE_AUDIT_PAGE_DEFAULT),
  cursor: z
    .string()
    .regex(/^[0-9]{1,16}\.[0-9]{1,9}\.[0-9]{1,18}$/, "must be the `next` of a page before")
    .optional(),
});
/** A change of records or of the schema, from the change log. */
const auditedChange = z.object({
  kind: z.literal("change"),
  at: z.iso.datetime(),
  txn: z.int(),
  seq: z.int(),
  name: z.string(),
  actor: named,
  tableId: z.string().nullable(),
  recordIds: z.array(z.string()).describe("The first hundred."),
  records: z.int().describe("How many there are."),
  fieldIds: z.array(z.string()),
  before: z.unknown(),
  after: z.unknown(),
  bodyLeftOut: z
    .boolean()
    .describe("Before and after are too large for a page: `GET /api/v1/bases/{baseId}/changes`."),
  address: z.string().nullable(),
  source: z.string(),
  requestId: z.string().nullable(),
  cause: z.array(z.string()),
});
const auditedAct = actBody.extend({ kind: z.literal("act") });
export const baseAuditPage = z.object({
  entries: z.array(z.discriminatedUnion("kind", [auditedChange, auditedAct])),
  next: z.string().optional(),
});

/** What a check of the seals found. */
export const integrityReport = z.object({
  ok: z.boolean(),
  seals: z.int(),
  entries: z.int().describe("Acts under a seal that holds."),
  unsealed: z.int().describe("Acts that came after the newest seal."),
  heldBy: z
    .enum(["owner", "triggers"])
    .describe("Whether the tables belong to a role of their own, or triggers alone hold them."),
  newestSeal: z
    .object({ id: z.int(), at: z.iso.datetime(), mac: z.string() })
    .nullable()
    .describe("Also in the log of the program: compare to find that the end was cut off."),
  problems: z.array(
    z.object({
      seal: z.int().nullable(),
      what: z.enum(["acts-changed", "seal-changed", "chain-broken", "other-secret", "not-sealed"]),
      seqs: z.string().describe("Ranges of the acts concerned."),
    }),
  ),
  problemsLeftOut: z.int(),
});
