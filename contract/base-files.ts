import { z } from "zod";
import { problemBody, type Operation } from "./operation.ts";
import { placeName } from "./workspaces.ts";

/** Content type of a base file. */
export const BASE_FILE_TYPE = "application/zip";
/** A base file that is sent to be imported, bytes. Larger ones are imported from the command line. */
export const BASE_FILE_MAX_BYTES = 512 * 1024 * 1024;

/** How a base file that is sent becomes a base. */
export const importQuery = z.strictObject({
  name: placeName.optional().describe("Instead of the name in the file."),
  keepIds: z
    .enum(["true", "false"])
    .default("false")
    .describe("Every object gets exactly the id that it has in the file."),
});

/** A base to be made from a template. */
export const baseFromTemplate = z.strictObject({
  template: z.string().max(100).describe("The id of a template."),
  name: placeName.optional().describe("Instead of the name of the template."),
});

export const importedBaseBody = z.object({
  id: z.string(),
  name: z.string(),
  workspaceId: z.string(),
  tables: z.int(),
  records: z.int(),
  comments: z.int(),
  files: z.int(),
  invalidFields: z
    .array(
      z.object({
        tableId: z.string(),
        fieldId: z.string(),
        tableName: z.string(),
        fieldName: z.string(),
        reason: z.string().describe("One sentence."),
      }),
    )
    .describe(
      "Computed fields that cannot be computed: they are there, and their cells are empty.",
    ),
});

export const templatesBody = z.object({
  templates: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      description: z.string(),
      color: z.string(),
      icon: z.string(),
      tables: z.array(z.string()).describe("Names of its tables."),
    }),
  ),
});

const refused = { 401: problemBody, 403: problemBody, 404: problemBody, 422: problemBody } as const;

/** Base files and templates over HTTP. */
export const baseFileOperations: readonly Operation[] = [
  {
    id: "baseFiles.export",
    method: "get",
    path: "/api/v1/bases/{baseId}/export",
    summary: "A base with its records, comments and files as one base file",
    description:
      "A ZIP archive that is made as it is read, so an answer that breaks off is no base file. Takes a creator of the base; a token needs the scopes to read records and comments too.",
    auth: "bearer",
    scope: "schema.bases:write",
    answers: { 200: null, ...refused, 503: problemBody },
  },
  {
    id: "baseFiles.import",
    method: "post",
    path: "/api/v1/workspaces/{workspaceId}/import",
    summary: "Make a base from a base file: all of it or nothing",
    auth: "bearer",
    scope: "schema.bases:write",
    query: importQuery,
    body: z.unknown(),
    bodyType: BASE_FILE_TYPE,
    answers: {
      201: importedBaseBody,
      ...refused,
      409: problemBody,
      413: problemBody,
      415: problemBody,
    },
  },
  {
    id: "baseFiles.listTemplates",
    method: "get",
    path: "/api/v1/templates",
    summary: "Templates that a base can be made from",
    auth: "bearer",
    answers: { 200: templatesBody, 401: problemBody },
  },
  {
    id: "baseFiles.createFromTemplate",
    method: "post",
    path: "/api/v1/workspaces/{workspaceId}/bases",
    summary: "Make a base from a template, with its example records",
    auth: "bearer",
    scope: "schema.bases:write",
    body: baseFromTemplate,
    answers: { 201: importedBaseBody, ...refused },
  },
];
