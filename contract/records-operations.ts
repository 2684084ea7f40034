import { z } from "zod";
import { airtable } from "./airtable-operation.ts";
import { airtableErrorBody, problemBody, type Operation } from "./operation.ts";
import {
  LIMITS_EXTENDED,
  LIMITS_HEADER,
  PAGE_SIZE_MAX,
  RECORDS_PER_CALL_EXTENDED_MAX,
  RECORDS_PER_CALL_MAX,
  changesPage,
  changesQuery,
  commentBody,
  commentsPage,
  createCommentBody,
  createRecordsBody,
  deletedBody,
  deletedRecordsBody,
  listRecordsBody,
  recordBody,
  recordsBody,
  recordsPage,
  updateCommentBody,
  updateRecordBody,
  updateRecordsBody,
  uploadAttachmentBody,
  upsertedBody,
} from "./records.ts";
import { schemaOperations } from "./schema-operations.ts";
import { viewsOperations } from "./views.ts";

const TABLE = "/v0/{baseId}/{tableIdOrName}";
const RECORD = `${TABLE}/{recordId}`;
const COMMENTS = `${RECORD}/comments`;

/** Said of the calls that have Airtable's limits on how much one of them does. */
const EXTENDED =
  `At most ${RECORDS_PER_CALL_MAX} records a write and ${PAGE_SIZE_MAX} a page, as Airtable has it; with the header ` +
  `\`${LIMITS_HEADER}: ${LIMITS_EXTENDED}\` at most ${RECORDS_PER_CALL_EXTENDED_MAX}.`;
/** Said of the calls that can depend on a version. */
const CONDITIONAL =
  'The answer carries the record\'s version as `ETag`. With `If-Match: "<version>"` the call is done only if the record ' +
  "still has it; else 412 with the record as it is under `current`.";

const READ = "data.records:read";
const WRITE = "data.records:write";

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

/** One record can be asked for, or changed, on condition of its version. */
function conditional(operation: Operation): Operation {
  return { ...operation, answers: { ...operation.answers, 412: airtableErrorBody } };
}

/** `If-None-Match` names the version that the caller has. */
function withNotModified(operation: Operation): Operation {
  return { ...operation, answers: { ...operation.answers, 304: null } };
}

const recordOperations: readonly Operation[] = [
  airtable({
    id: "records.list",
    method: "get",
    path: TABLE,
    summary: "Records of a table, page by page",
    description: EXTENDED,
    scope: READ,
    query: listQuery,
    answer: recordsPage,
  }),
  airtable({
    id: "records.listByPost",
    method: "post",
    path: `${TABLE}/listRecords`,
    summary: "The same with the parameters in the body",
    description: EXTENDED,
    scope: READ,
    body: listRecordsBody,
    answer: recordsPage,
  }),
  withNotModified(
    airtable({
      id: "records.get",
      method: "get",
      path: RECORD,
      summary: "One record",
      scope: READ,
      query: shapeQuery,
      answer: recordBody,
    }),
  ),
  airtable({
    id: "records.create",
    method: "post",
    path: TABLE,
    summary: "Add a record, or up to ten",
    description: EXTENDED,
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
      description: CONDITIONAL,
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
      description: CONDITIONAL,
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
    description: EXTENDED,
    scope: WRITE,
    body: updateRecordsBody,
    answer: z.union([recordsBody, upsertedBody]),
  }),
  airtable({
    id: "records.replaceMany",
    method: "put",
    path: TABLE,
    summary: "Set up to ten records, or upsert them",
    description: EXTENDED,
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
      description: CONDITIONAL,
      scope: WRITE,
      answer: deletedBody,
    }),
  ),
  airtable({
    id: "records.deleteMany",
    method: "delete",
    path: TABLE,
    summary: "Delete up to ten records",
    description: EXTENDED,
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

/** Every HTTP operation of the module. */
export const recordsOperations: readonly Operation[] = [
  ...recordOperations,
  ...commentOperations,
  ...schemaOperations,
  ...viewsOperations,
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
