import { z } from "zod";
import { apiKeyView, meView, sessionView } from "./identity.ts";
import { problemBody, type Operation } from "./operation.ts";
import { recordBody, tableBody } from "./records.ts";
import { wholeViewBody } from "./views.ts";
import { permissionLevels, roleNames } from "./workspaces.ts";

/** Workspaces and bases in one home screen; more are paged by their own lists. Ours. */
export const HOME_PLACES_MAX = 200;
/** What was opened lately and is shown. Ours. */
export const RECENT_SHOWN_MAX = 20;
/** Records in the first page of a table's screen: one block of the grid. Ours. */
export const TABLE_SCREEN_RECORDS = 200;
/** Tables with more records are told by the database's own estimate. Ours. */
export const EXACT_COUNT_MAX = 10_000;

const level = z.enum(permissionLevels);
const baseCard = z.object({
  id: z.string(),
  workspaceId: z.string(),
  name: z.string(),
  description: z.string(),
  color: z.string().nullable(),
  icon: z.string().nullable(),
  permissionLevel: level,
});
export const recentItem = z.object({
  baseId: z.string(),
  baseName: z.string(),
  tableId: z.string().nullable(),
  tableName: z.string().nullable(),
  viewId: z.string().nullable(),
  at: z.iso.datetime(),
});
export const notice = z.object({
  code: z.enum(["email-not-verified", "two-factor-off", "mail-not-configured"]),
  text: z.string(),
});
export const webHome = z.object({
  me: meView,
  workspaces: z.array(
    z.object({ id: z.string(), name: z.string(), role: z.enum(roleNames).nullable() }),
  ),
  bases: z.array(baseCard),
  more: z
    .object({ workspaces: z.boolean(), bases: z.boolean() })
    .describe("Whether there are more than the screen shows."),
  recent: z.array(recentItem),
  usage: z.object({
    workspaces: z.int(),
    bases: z.int(),
    month: z
      .object({ reads: z.int(), writes: z.int(), bytesOut: z.int() })
      .describe("Of the caller, since midnight UTC of the first; up to a minute late."),
  }),
  notices: z.array(notice),
});

const tableCount = z.object({
  tableId: z.string(),
  records: z.int(),
  exact: z.boolean().describe(`Up to ${EXACT_COUNT_MAX} records are counted, more are estimated.`),
});
export const webBase = z.object({
  base: baseCard,
  tables: z.array(tableBody),
  counts: z.array(tableCount),
});

export const webTableQuery = z.strictObject({
  view: z.string().min(1).max(255).optional().describe("Id or name; the first one if absent."),
});
export const webTable = z.object({
  permissionLevel: level,
  table: tableBody,
  view: wholeViewBody.nullable(),
  records: z.array(recordBody).describe("The first page; keys of `fields` are ids."),
  offset: z.string().optional().describe("For the list of records, with the same view."),
  txn: z.int(),
});

export const webSettings = z.object({
  me: meView,
  sessions: z.array(sessionView),
  keys: z.array(apiKeyView),
});

const read = (schema: z.ZodType) => ({
  200: schema,
  304: null,
  401: problemBody,
  403: problemBody,
  404: problemBody,
  422: problemBody,
});
const description = "Carries an ETag; `If-None-Match` is answered 304 while nothing has changed.";

/** What one screen of the web app needs, in one answer. */
export const webBffOperations: readonly Operation[] = [
  {
    id: "webBff.home",
    method: "get",
    path: "/bff/web/home",
    summary: "The home screen",
    description,
    auth: "bearer",
    scope: "workspacesAndBases:read",
    answers: read(webHome),
  },
  {
    id: "webBff.base",
    method: "get",
    path: "/bff/web/bases/{baseId}",
    summary: "A base's screen: schema, the caller's level, counts",
    description,
    auth: "bearer",
    scope: "schema.bases:read",
    answers: read(webBase),
  },
  {
    id: "webBff.table",
    method: "get",
    path: "/bff/web/bases/{baseId}/tables/{tableIdOrName}",
    summary: "A table's screen: its schema, a view and the first page of it",
    description,
    auth: "bearer",
    scope: "data.records:read",
    query: webTableQuery,
    answers: read(webTable),
  },
  {
    id: "webBff.settings",
    method: "get",
    path: "/bff/web/settings",
    summary: "The account's screen: sessions and keys; for somebody signed in",
    description,
    auth: "bearer",
    answers: read(webSettings),
  },
];
