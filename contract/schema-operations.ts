import { z } from "zod";
import { airtable } from "./airtable-operation.ts";
import { fieldConfig } from "./fields.ts";
import { airtableErrorBody, type Operation } from "./operation.ts";
import {
  baseMoveByApi,
  basesBody,
  baseSharingBody,
  collaboratorChange,
  deletedBody,
  fieldBody,
  fieldChanges,
  newBase,
  newBaseBody,
  newCollaborators,
  newTable,
  sharesBody,
  tableBody,
  tableChanges,
  tablesBody,
  viewBody,
  viewsBody,
  whoamiBody,
  workspaceSharingBody,
} from "./records.ts";

const BASES = "/v0/meta/bases";
const BASE = `${BASES}/{baseId}`;
const FIELDS = `${BASE}/tables/{tableIdOrName}/fields`;

const SCHEMA_READ = "schema.bases:read";
const SCHEMA_WRITE = "schema.bases:write";

const definitionOperations: readonly Operation[] = [
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

/** Operations below `/v0/meta`. */
export const schemaOperations: readonly Operation[] = [
  ...definitionOperations,
  ...sharingOperations,
];
