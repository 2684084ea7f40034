import type { Ids } from "./home.ts";

/** What a call carries besides its method and path. */
export interface Request {
  /** Begins with `?`. */
  readonly query?: string;
  readonly body?: unknown;
  readonly contentType?: string;
}

/** Builds a call out of ids; which of them it uses is found out by watching. */
export type Build = (ids: Ids) => Request;

const member = (ids: Ids): Request => ({ body: { userId: ids.userId, role: "editor" } });
const grant = (ids: Ids): Request => ({
  body: { userId: ids.userId, effect: "deny", reason: "none" },
});
const invitation = (): Request => ({ body: { role: "editor" } });
const collaborators = (ids: Ids): Request => ({
  body: { collaborators: [{ user: { id: ids.userId }, permissionLevel: "edit" }] },
});
const level = (): Request => ({ body: { permissionLevel: "edit" } });
const role = (): Request => ({ body: { role: "editor" } });
const rename = (): Request => ({ body: { name: "renamed" } });
const cells = (ids: Ids): object => ({ [ids.fieldId]: "text" });
const write: Build[] = [
  (ids) => ({ body: { fields: cells(ids) } }),
  (ids) => ({ body: { fields: { [ids.linkFieldId]: [ids.recordId] } } }),
  (ids) => ({ body: { fields: { [ids.fieldIdOrName]: [{ id: ids.attachmentId }] } } }),
];
const writeMany: Build[] = [
  (ids) => ({ body: { records: [{ id: ids.recordId, fields: cells(ids) }] } }),
  (ids) => ({
    body: {
      performUpsert: { fieldsToMergeOn: [ids.fieldId] },
      records: [{ fields: cells(ids) }],
    },
  }),
  (ids) => ({
    body: { records: [{ id: ids.recordId, fields: { [ids.linkFieldId]: [ids.recordId] } }] },
  }),
];
/** Names a field, and a record that a link leads to. */
const viewOptions = (ids: Ids): object => ({
  filters: {
    conjunction: "and",
    filterSet: [
      { fieldId: ids.fieldId, operator: "contains", value: "text" },
      { fieldId: ids.linkFieldId, operator: "hasAnyOf", value: [ids.recordId] },
    ],
  },
  visibleFieldIds: [ids.fieldId],
});
const field = { name: "made", type: "singleLineText" };
const weeks = { from: "2026-01-01T00:00:00Z", to: "2026-01-15T00:00:00Z" };

/**
 * What each operation is called with, by its id. One that is not named here is called with its path alone, which
 * only suits operations without a body.
 */
export const builds: Readonly<Record<string, readonly Build[]>> = {
  "identity.createApiKey": [
    (ids) => ({ body: { name: "k", bases: [ids.baseId] } }),
    (ids) => ({ body: { name: "k", workspaces: [ids.workspaceId] } }),
    (ids) => ({ body: { name: "k", userId: ids.userId } }),
  ],
  "identity.listUsers": [
    (ids) => ({ query: `?offset=${ids.userId}` }),
    (ids) => ({ query: `?q=${ids.userId}` }),
  ],
  "identity.updateUser": [rename, () => ({ body: { disabled: true } })],
  "identity.updateMe": [rename],
  "identity.createUser": [() => ({ body: { email: "made@journeys.test" } })],
  "identity.createUsers": [() => ({ body: { users: [{ email: "made@journeys.test" }] } })],
  "workspaces.create": [rename],
  "workspaces.list": [
    () => ({}),
    (ids) => ({ query: `?after=${ids.workspaceId}` }),
    () => ({ query: "?trash=true" }),
  ],
  "workspaces.update": [rename],
  "workspaces.transfer": [(ids) => ({ body: { userId: ids.userId } })],
  "workspaces.addWorkspaceMember": [member],
  "workspaces.changeWorkspaceMember": [role],
  "workspaces.makeWorkspaceInvitation": [invitation],
  "workspaces.makeWorkspaceGrant": [grant],
  "workspaces.listBases": [
    () => ({}),
    (ids) => ({ query: `?after=${ids.baseId}` }),
    () => ({ query: "?trash=true" }),
  ],
  "workspaces.updateBase": [rename],
  "workspaces.moveBase": [(ids) => ({ body: { workspaceId: ids.workspaceId } })],
  "workspaces.addBaseMember": [member],
  "workspaces.changeBaseMember": [role],
  "workspaces.makeBaseInvitation": [invitation],
  "workspaces.makeBaseGrant": [grant],
  "workspaces.lookAtInvitation": [(ids) => ({ body: { token: ids.invitationId } })],
  "workspaces.acceptInvitation": [(ids) => ({ body: { token: ids.invitationId } })],
  "workspaces.registerInvited": [
    (ids) => ({ body: { token: ids.invitationId, password: "a password of nobody" } }),
  ],
  "workspaces.checkPermission": [
    (ids) => ({ body: { action: "records.read", baseId: ids.baseId } }),
    (ids) => ({ body: { action: "workspace.read", workspaceId: ids.workspaceId } }),
    (ids) => ({ body: { action: "records.read", baseId: ids.baseId, userId: ids.userId } }),
  ],
  "workspaces.checkPermissions": [
    (ids) => ({
      body: {
        checks: [
          { key: "a", action: "records.read", baseId: ids.baseId },
          { key: "b", action: "workspace.read", workspaceId: ids.workspaceId, userId: ids.userId },
        ],
      },
    }),
  ],
  "records.list": [
    () => ({}),
    (ids) => ({ query: `?fields[]=${ids.fieldId}` }),
    (ids) => ({ query: `?sort[0][field]=${ids.fieldId}` }),
    (ids) => ({ query: `?view=${ids.viewId}` }),
    (ids) => ({ query: `?pageSize=1&offset=${ids.offset}` }),
    (ids) => ({ query: `?pageSize=1&sort[0][field]=${ids.fieldId}&offset=${ids.offset}` }),
    (ids) => ({ query: `?filterByFormula=RECORD_ID()='${ids.recordId}'` }),
  ],
  "records.listByPost": [
    () => ({ body: {} }),
    (ids) => ({ body: { fields: [ids.fieldId], sort: [{ field: ids.fieldId }] } }),
    (ids) => ({ body: { view: ids.viewId } }),
    (ids) => ({ body: { pageSize: 1, offset: ids.offset } }),
  ],
  "records.create": [
    ...write,
    (ids) => ({ body: { records: [{ fields: cells(ids) }] } }),
    (ids) => ({ body: { typecast: true, fields: { [ids.linkFieldId]: ids.recordId } } }),
  ],
  "records.update": write,
  "records.replace": write,
  "records.updateMany": writeMany,
  "records.replaceMany": writeMany,
  "records.deleteMany": [(ids) => ({ query: `?records[]=${ids.recordId}` })],
  "records.uploadAttachment": [
    () => ({ body: { contentType: "text/plain", filename: "a.txt", file: btoa("a") } }),
  ],
  "records.listComments": [() => ({}), (ids) => ({ query: `?offset=${ids.commentId}` })],
  "records.createComment": [
    () => ({ body: { text: "text" } }),
    (ids) => ({ body: { text: `@[${ids.userId}]` } }),
    (ids) => ({ body: { text: "reply", parentCommentId: ids.commentId } }),
  ],
  "records.updateComment": [() => ({ body: { text: "changed" } })],
  "records.listBases": [() => ({}), (ids) => ({ query: `?offset=${ids.baseId}` })],
  "records.createBase": [
    (ids) => ({
      body: {
        name: "made",
        workspaceId: ids.workspaceId,
        tables: [{ name: "T", fields: [field] }],
      },
    }),
  ],
  "records.createTable": [() => ({ body: { name: "made", fields: [field] } })],
  "records.updateTable": [rename],
  "records.createField": [
    () => ({ body: field }),
    (ids) => ({
      body: {
        name: "to",
        type: "multipleRecordLinks",
        options: { linkedTableId: ids.tableIdOrName },
      },
    }),
    (ids) => ({
      body: {
        name: "from",
        type: "multipleRecordLinks",
        options: { linkedTableId: ids.tableIdOrName, viewIdForRecordSelection: ids.viewId },
      },
    }),
    (ids) => ({
      body: { name: "f", type: "formula", options: { formula: `{${ids.fieldId}} & "x"` } },
    }),
    (ids) => ({
      body: {
        name: "lookup",
        type: "multipleLookupValues",
        options: { recordLinkFieldId: ids.linkFieldId, fieldIdInLinkedTable: ids.fieldId },
      },
    }),
    (ids) => ({
      body: { name: "count", type: "count", options: { recordLinkFieldId: ids.linkFieldId } },
    }),
  ],
  "records.updateField": [rename],
  "records.addBaseCollaborators": [collaborators],
  "records.changeBaseCollaborator": [level],
  "records.moveBase": [
    (ids) => ({ body: { baseId: ids.baseId, targetWorkspaceId: ids.workspaceId } }),
  ],
  "records.addWorkspaceCollaborators": [collaborators],
  "records.changeWorkspaceCollaborator": [level],
  "records.getBase": [() => ({ query: "?include=collaborators&include=inviteLinks" })],
  "records.getWorkspace": [() => ({ query: "?include=collaborators&include=inviteLinks" })],
  "records.getSchema": [() => ({ query: "?include[]=visibleFieldIds" })],
  "records.readChanges": [() => ({ query: "?after=0" })],
  "records.createView": [
    () => ({ body: { name: "made" } }),
    // No record: a filter may name any, so a view is made, and a name that was taken then would differ.
    (ids) => ({ body: { name: "made", options: { visibleFieldIds: [ids.fieldId] } } }),
  ],
  "records.updateView": [rename, (ids) => ({ body: { options: viewOptions(ids) } })],
  "records.groupRecords": [
    (ids) => ({ query: `?groupBy[]=${ids.fieldId}` }),
    (ids) => ({ query: `?groupBy[]=${ids.fieldId}&view=${ids.viewId}` }),
    (ids) => ({ query: `?groupBy[]=${ids.fieldId}&summaries[]=${ids.linkFieldId}:filled` }),
  ],
  "baseFiles.import": [
    () => ({ body: "no archive", contentType: "application/zip" }),
    () => ({ query: "?keepIds=true", body: "no archive", contentType: "application/zip" }),
  ],
  "audit.listActs": [
    (ids) => ({ query: `?workspace=${ids.workspaceId}` }),
    (ids) => ({ query: `?base=${ids.baseId}` }),
    // Who did what to whom is for those whom it concerns: here nobody did such a thing to anybody.
    (ids) => ({ query: `?act=identity.user-deleted&actor=${ids.userId}` }),
    (ids) => ({ query: `?act=identity.user-deleted&target=${ids.userId}` }),
  ],
  "audit.exportActs": [
    (ids) => ({ query: `?act=identity.user-deleted&workspace=${ids.workspaceId}` }),
    (ids) => ({ query: `?act=identity.user-deleted&base=${ids.baseId}&format=csv` }),
  ],
  "audit.listOfBase": [
    () => ({}),
    (ids) => ({ query: `?table=${ids.tableId}&record=${ids.recordId}` }),
  ],
  "webBff.table": [() => ({}), (ids) => ({ query: `?view=${ids.viewId}` })],
  "mobileBff.records": [
    () => ({}),
    (ids) => ({ query: `?fields=${ids.fieldId}` }),
    (ids) => ({ query: `?view=${ids.viewId}` }),
    (ids) => ({ query: `?limit=1&cursor=${encodeURIComponent(ids.offset)}` }),
  ],
  "mobileBff.sync": [
    (ids) => ({ query: `?base=${ids.baseId}` }),
    (ids) => ({ query: `?base=${ids.baseId}&tables=${ids.tableId}` }),
    (ids) => ({ query: `?base=${ids.baseId}&fields=${ids.fieldId}` }),
  ],
  "baseFiles.createFromTemplate": [() => ({ body: { template: "crm" } })],
  "analytics.takeEvents": [
    (ids) => ({ body: { workspaceId: ids.workspaceId, events: [{ name: "made" }] } }),
    (ids) => ({
      body: { events: [{ name: "mine" }, { name: "b", workspaceId: ids.workspaceId }] },
    }),
  ],
  "analytics.query": [
    (ids) => ({ body: { kind: "counts", workspaceId: ids.workspaceId, ...weeks } }),
    () => ({ body: { kind: "counts", workspaceId: null, ...weeks } }),
  ],
  "analytics.setPolicy": [() => ({ body: { keepDays: 30 } })],
  "analytics.setQuotas": [
    () => ({ body: { quotas: [{ resource: "records", period: "now", limit: 0 }] } }),
  ],
};

/** Operations that take no id of anybody and show nothing of anybody, with why each of them is left out. */
export const leftOut: Readonly<Record<string, string>> = Object.fromEntries([
  ...[
    "identity.register",
    "identity.registerAlias",
    "identity.login",
    "identity.loginAlias",
    "identity.finishLogin",
    "identity.refresh",
    "identity.forgotPassword",
    "identity.resetPassword",
    "identity.verifyEmail",
  ].map((id) => [id, "is proved by secrets, not by ids"]),
  ...[
    "identity.logout",
    "identity.endOtherSessions",
    "identity.changePassword",
    "identity.askVerification",
    "identity.setUpTwoFactor",
    "identity.confirmTwoFactor",
    "identity.renewBackupCodes",
    "identity.disableTwoFactor",
  ].map((id) => [id, "is about the caller's own account alone and would end its session"]),
  ...[
    "gateway.show",
    "gateway.changeRoute",
    "gateway.shadowReport",
    "gateway.clearShadowReport",
    "gateway.resetBreakers",
    "gateway.identityKeys",
  ].map((id) => [id, "names routes of the gateway file, and nothing of anybody"]),
]);

/**
 * Positions in which an id that exists must be answered otherwise than one that does not: whoever manages a place may name
 * any user to let them in or keep them out.
 */
export const namesUsers: ReadonlySet<string> = new Set([
  "workspaces.addWorkspaceMember",
  "workspaces.addBaseMember",
  "workspaces.makeWorkspaceGrant",
  "workspaces.makeBaseGrant",
  "records.addBaseCollaborators",
  "records.addWorkspaceCollaborators",
  "workspaces.transfer",
]);

/** Lists that are read on after an id: where an id falls in the order says nothing, and differs for each. */
export const orderedByIds: ReadonlySet<string> = new Set([
  "workspaces.list",
  "workspaces.listBases",
  "records.listBases",
]);
