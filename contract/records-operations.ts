import { z } from "zod";
import { airtableErrorBody, problemBody, type Operation } from "./operation.ts";
import {
  baseMoveByApi,
  basesBody,
  baseSharingBody,
  changesPage,
  changesQuery,
  collaboratorChange,
  commentBody,
  commentsPage,
  createCommentBody,
  createRecordsBody,
  deletedBody,
  deletedRecordsBody,
  fieldBody,
  fieldChanges,
  listRecordsBody,
  newBase,
  newBaseBody,
  newCollaborators,
  newTable,
  recordBody,
  recordsBody,
  recordsPage,
  sharesBody,
  tableBody,
  tableChanges,
  tablesBody,
  updateCommentBody,
  updateRecordBody,
  updateRecordsBody,
  uploadAttachmentBody,
  upsertedBody,
  viewBody,
  viewsBody,
  whoamiBody,
  workspaceSharingBody,
} from "./records.ts";
import { fieldConfig } from "./fields.ts";

const errors = {
  401: airtableErrorBody,
  403: airtableErrorBody,
  404: airtableErrorBody,
  422: airtableErrorBody,
} as const;

const TABLE = "/v0/{baseId}/{tableIdOrName}";
const RECORD = `${TABLE}/{recordId}`;
const COMMENTS = `${RECORD}/comments`;
const BASES = "/v0/meta/bases";
const BASE = `${BASES}/{baseId}`;
const FIELDS = `${BASE}/tables/{tableIdOrName}/fields`;

const READ = "data.records:read";
const WRITE = "data.records:write";
const SCHEMA_READ = "schema.bases:read";
const SCHEMA_WRITE = "schema.bases:write";

/** Parameters of a listing in the query string; lists as `fields[]=A&fields[]=B`. */
const listQuery = z.object({
  "fields[]": z.array(z.string()).optional(),
  filterByFormula: z.string().optional(),
  maxRecords: z.int().optional(),
  pageSize: z.int().optional(),
  "sort[0][field]": z.string().optional(),
  "sort[0][direction]": z.enum(["asc", "desc"]).optional(),
  view: z.string().optional(),
  cellFormat: z.enum(["json", "string"]).optional(),
  timeZone: z.string().optional(),
  userLocale: z.string().optional(),
  returnFieldsByFieldId: z.boolean().optional(),
  "recordMetadata[]": z.array(z.string()).optional(),
  offset: z.string().optional(),
});
const shapeQuery = listQuery.pick({
  cellFormat: true,
  timeZone: true,
  userLocale: true,
  returnFieldsByFieldId: true,
});
const pageQuery = z.object({ pageSize: z.int().optional(), offset: z.string().optional() });

type Part = Omit<Operation, "auth" | "answers"> & { readonly answer: z.ZodType };

function airtable({ answer, ...part }: Part): Operation {
  const tooLarge = part.body === undefined ? {} : { 413: airtableErrorBody };
  return { auth: "bearer", ...part, answers: { 200: answer, ...errors, ...tooLarge } };
}

/** One record can be asked for, or changed, on condition of its version. */
function conditional(operation: Operation): Operation {
  return { ...operation, answers: { ...operation.answers, 412: airtableErrorBody } };
}

const recordOperations: readonly Operation[] = [
  airtable({
    id: "records.list",
    method: "get",
    path: TABLE,
    summary: "Records of a table, page by page",
    scope: READ,
    query: listQuery,
    answer: recordsPage,
  }),
  airtable({
    id: "records.listByPost",
    method: "post",
    path: `${TABLE}/listRecords`,
    summary: "The same with the parameters in the body",
    scope: READ,
    body: listRecordsBody,
    answer: recordsPage,
  }),
  airtable({
    id: "records.get",
    method: "get",
    path: RECORD,
    summary: "One record",
    scope: READ,
    query: shapeQuery,
    answer: recordBody,
  }),
  airtable({
    id: "records.create",
    method: "post",
    path: TABLE,
    summary: "Add a record, or up to ten",
    scope: WRITE,
    body: createRecordsBody,
    answer: z.union([recordBody, recordsBody]),
  }),
  conditional(
    airtable({
      id: "records.update",
      method: "patch",
      path: RECORD,
      summary: "Change fields of a record",
      scope: WRITE,
      body: updateRecordBody,
      answer: recordBody,
    }),
  ),
  conditional(
    airtable({
      id: "records.replace",
      method: "put",
      path: RECORD,
      summary: "Set a record; fields not named are cleared",
      scope: WRITE,
      body: updateRecordBody,
      answer: recordBody,
    }),
  ),
  airtable({
    id: "records.updateMany",
    method: "patch",
    path: TABLE,
    summary: "Change up to ten records, or upsert them",
    scope: WRITE,
    body: updateRecordsBody,
    answer: z.union([recordsBody, upsertedBody]),
  }),
  airtable({
    id: "records.replaceMany",
    method: "put",
    path: TABLE,
    summary: "Set up to ten records, or upsert them",
    scope: WRITE,
    body: updateRecordsBody,
    answer: z.union([recordsBody, upsertedBody]),
  }),
  conditional(
    airtable({
      id: "records.delete",
      method: "delete",
      path: RECORD,
      summary: "Delete a record",
      scope: WRITE,
      answer: deletedBody,
    }),
  ),
  airtable({
    id: "records.deleteMany",
    method: "delete",
    path: TABLE,
    summary: "Delete up to ten records",
    scope: WRITE,
    query: z.object({ "records[]": z.array(z.string()) }),
    answer: deletedRecordsBody,
  }),
  airtable({
    id: "records.uploadAttachment",
    method: "post",
    path: "/v0/{baseId}/{recordId}/{fieldIdOrName}/uploadAttachment",
    summary: "Append a file to an attachment cell",
    scope: WRITE,
    body: uploadAttachmentBody,
    answer: recordBody,
  }),
];

const commentOperations: readonly Operation[] = [
  airtable({
    id: "records.listComments",
    method: "get",
    path: COMMENTS,
    summary: "Comments of a record, newest first",
    scope: "data.recordComments:read",
    query: pageQuery,
    answer: commentsPage,
  }),
  airtable({
    id: "records.createComment",
    method: "post",
    path: COMMENTS,
    summary: "Comment on a record",
    scope: "data.recordComments:write",
    body: createCommentBody,
    answer: commentBody,
  }),
  airtable({
    id: "records.updateComment",
    method: "patch",
    path: `${COMMENTS}/{commentId}`,
    summary: "Change the text of a comment of one's own",
    scope: "data.recordComments:write",
    body: updateCommentBody,
    answer: commentBody,
  }),
  airtable({
    id: "records.deleteComment",
    method: "delete",
    path: `${COMMENTS}/{commentId}`,
    summary: "Delete a comment of one's own",
    scope: "data.recordComments:write",
    answer: deletedBody,
  }),
];

const schemaOperations: readonly Operation[] = [
  airtable({
    id: "records.whoami",
    method: "get",
    path: "/v0/meta/whoami",
    summary: "Whose token this is",
    answer: whoamiBody,
  }),
  airtable({
    id: "records.listBases",
    method: "get",
    path: BASES,
    summary: "Bases that the token reaches",
    scope: SCHEMA_READ,
    query: z.object({ offset: z.string().optional() }),
    answer: basesBody,
  }),
  airtable({
    id: "records.createBase",
    method: "post",
    path: BASES,
    summary: "Make a base with its tables",
    scope: SCHEMA_WRITE,
    body: newBase,
    answer: newBaseBody,
  }),
  airtable({
    id: "records.deleteBase",
    method: "delete",
    path: BASE,
    summary: "Put a base into the trash",
    scope: "workspacesAndBases:manage",
    answer: deletedBody,
  }),
  airtable({
    id: "records.getSchema",
    method: "get",
    path: `${BASE}/tables`,
    summary: "Tables of a base with fields and views",
    scope: SCHEMA_READ,
    query: z.object({ "include[]": z.array(z.string()).optional() }),
    answer: tablesBody,
  }),
  airtable({
    id: "records.createTable",
    method: "post",
    path: `${BASE}/tables`,
    summary: "Make a table",
    scope: SCHEMA_WRITE,
    body: newTable,
    answer: tableBody,
  }),
  airtable({
    id: "records.updateTable",
    method: "patch",
    path: `${BASE}/tables/{tableIdOrName}`,
    summary: "Rename or describe a table",
    scope: SCHEMA_WRITE,
    body: tableChanges,
    answer: tableBody,
  }),
  airtable({
    id: "records.deleteTable",
    method: "delete",
    path: `${BASE}/tables/{tableIdOrName}`,
    summary: "Delete a table (not offered by Airtable)",
    scope: SCHEMA_WRITE,
    answer: deletedBody,
  }),
  airtable({
    id: "records.createField",
    method: "post",
    path: FIELDS,
    summary: "Add a field",
    scope: SCHEMA_WRITE,
    body: fieldConfig,
    answer: fieldBody,
  }),
  airtable({
    id: "records.updateField",
    method: "patch",
    path: `${FIELDS}/{fieldId}`,
    summary: "Rename, describe, set options; convert (not offered by Airtable)",
    scope: SCHEMA_WRITE,
    body: fieldChanges,
    answer: fieldBody,
  }),
  airtable({
    id: "records.deleteField",
    method: "delete",
    path: `${FIELDS}/{fieldId}`,
    summary: "Delete a field (not offered by Airtable)",
    scope: SCHEMA_WRITE,
    answer: deletedBody,
  }),
  airtable({
    id: "records.listViews",
    method: "get",
    path: `${BASE}/views`,
    summary: "Views of a base",
    scope: "workspacesAndBases:read",
    answer: viewsBody,
  }),
  airtable({
    id: "records.getView",
    method: "get",
    path: `${BASE}/views/{viewId}`,
    summary: "One view",
    scope: "workspacesAndBases:read",
    answer: viewBody,
  }),
  airtable({
    id: "records.deleteView",
    method: "delete",
    path: `${BASE}/views/{viewId}`,
    summary: "Delete a view",
    scope: "workspacesAndBases:write",
    answer: deletedBody,
  }),
];

const COLLABORATORS_READ = "workspacesAndBases:read";
const COLLABORATORS_WRITE = "workspacesAndBases:write";
const WORKSPACE = "/v0/meta/workspaces/{workspaceId}";

/** Bases and workspaces have the same calls for their collaborators. */
function collaboratorOperations(place: "Base" | "Workspace"): Operation[] {
  const root = `${place === "Base" ? BASE : WORKSPACE}/collaborators`;
  const empty = z.object({});
  return [
    airtable({
      id: `records.add${place}Collaborators`,
      method: "post",
      path: root,
      summary: "Give users a role",
      scope: COLLABORATORS_WRITE,
      body: newCollaborators,
      answer: empty,
    }),
    airtable({
      id: `records.change${place}Collaborator`,
      method: "patch",
      path: `${root}/{collaboratorId}`,
      summary: "Change a role",
      scope: COLLABORATORS_WRITE,
      body: collaboratorChange,
      answer: empty,
    }),
    airtable({
      id: `records.remove${place}Collaborator`,
      method: "delete",
      path: `${root}/{collaboratorId}`,
      summary: "Take a role away",
      scope: COLLABORATORS_WRITE,
      answer: empty,
    }),
  ].map(conflicting);
}

/** A role that is there already, or the last owner's. */
function conflicting(operation: Operation): Operation {
  return { ...operation, answers: { ...operation.answers, 409: airtableErrorBody } };
}

const sharingOperations: readonly Operation[] = [
  airtable({
    id: "records.getBase",
    method: "get",
    path: BASE,
    summary: "A base with its collaborators and invitations",
    scope: COLLABORATORS_READ,
    answer: baseSharingBody,
  }),
  airtable({
    id: "records.listShares",
    method: "get",
    path: `${BASE}/shares`,
    summary: "Share links of a base: there are none",
    scope: "workspacesAndBases.shares:manage",
    answer: sharesBody,
  }),
  ...collaboratorOperations("Base"),
  airtable({
    id: "records.getWorkspace",
    method: "get",
    path: WORKSPACE,
    summary: "A workspace with its bases, collaborators and invitations",
    scope: COLLABORATORS_READ,
    answer: workspaceSharingBody,
  }),
  airtable({
    id: "records.deleteWorkspace",
    method: "delete",
    path: WORKSPACE,
    summary: "Put a workspace into the trash",
    scope: "workspacesAndBases:manage",
    answer: deletedBody,
  }),
  airtable({
    id: "records.moveBase",
    method: "post",
    path: `${WORKSPACE}/moveBase`,
    summary: "Move a base to another workspace",
    scope: "workspacesAndBases:manage",
    body: baseMoveByApi,
    answer: z.object({}),
  }),
  ...collaboratorOperations("Workspace"),
];

/** Every HTTP operation of the module. */
export const recordsOperations: readonly Operation[] = [
  ...recordOperations,
  ...commentOperations,
  ...schemaOperations,
  ...sharingOperations,
  {
    id: "records.readChanges",
    method: "get",
    path: "/api/v1/bases/{baseId}/changes",
    summary: "The change log of a base after a transaction, without gaps and in order",
    auth: "bearer",
    scope: READ,
    query: changesQuery,
    answers: { 200: changesPage, 401: problemBody, 404: problemBody, 422: problemBody },
  },
];
