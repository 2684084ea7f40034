import type { z } from "zod";
import { problemBody, type Operation } from "./operation.ts";
import {
  baseBody,
  baseChanges,
  baseMove,
  grantBody,
  invitationAccepted,
  invitationBody,
  invitationMade,
  invitationRegistered,
  invitationRegistration,
  invitationToken,
  invitationView,
  memberBody,
  memberChange,
  newGrant,
  newInvitation,
  newMember,
  newWorkspace,
  ownershipTransfer,
  permissionAnswer,
  permissionAnswers,
  permissionQuestion,
  permissionQuestions,
  placesPage,
  placesPageOf,
  TRASH_DAYS,
  trashablePage,
  workspaceBody,
  workspaceChanges,
  workspacesPage,
  workspaceStats,
} from "./workspaces.ts";

const refused = { 401: problemBody, 403: problemBody, 404: problemBody, 422: problemBody } as const;
const read = (schema: z.ZodType) => ({ 200: schema, ...refused });
const made = (schema: z.ZodType) => ({ 201: schema, ...refused, 409: problemBody });
const changed = (schema: z.ZodType | null) => ({
  [schema === null ? 204 : 200]: schema,
  ...refused,
  409: problemBody,
});

const READ = "workspacesAndBases:read";
const WRITE = "workspacesAndBases:write";
const MANAGE = "workspacesAndBases:manage";
const SCHEMA_READ = "schema.bases:read";
const SCHEMA_WRITE = "schema.bases:write";

type Part = Omit<Operation, "auth">;
const signedIn = (part: Part): Operation => ({ auth: "bearer", ...part });

/** Members, invitations and grants are the same on a workspace and on a base. */
function placeOperations(place: PlaceKind): Operation[] {
  return [...memberOperations(place), ...exceptionOperations(place)];
}

type PlaceKind = "workspace" | "base";

function naming(place: PlaceKind): {
  readonly root: string;
  readonly id: (verb: string) => string;
} {
  return place === "workspace"
    ? { root: "/api/v1/workspaces/{workspaceId}", id: (verb) => `workspaces.${verb}Workspace` }
    : { root: "/api/v1/bases/{baseId}", id: (verb) => `workspaces.${verb}Base` };
}

function memberOperations(place: PlaceKind): Operation[] {
  const { root, id } = naming(place);
  const parts: readonly Part[] = [
    {
      id: `${id("list")}Members`,
      method: "get",
      path: `${root}/members`,
      summary: `Who has a role on the ${place}`,
      scope: READ,
      query: placesPage,
      answers: read(placesPageOf(memberBody)),
    },
    {
      id: `${id("add")}Member`,
      method: "post",
      path: `${root}/members`,
      summary: `Give a user a role on the ${place}`,
      scope: WRITE,
      body: newMember,
      answers: made(memberBody),
    },
    {
      id: `${id("change")}Member`,
      method: "patch",
      path: `${root}/members/{userId}`,
      summary: "Change a role",
      scope: WRITE,
      body: memberChange,
      answers: changed(memberBody),
    },
    {
      id: `${id("remove")}Member`,
      method: "delete",
      path: `${root}/members/{userId}`,
      summary: "Take a role away, or leave",
      scope: WRITE,
      answers: changed(null),
    },
  ];
  return parts.map(signedIn);
}

/** Ways in, and exceptions for one person. */
function exceptionOperations(place: PlaceKind): Operation[] {
  const { root, id } = naming(place);
  const parts: readonly Part[] = [
    {
      id: `${id("list")}Invitations`,
      method: "get",
      path: `${root}/invitations`,
      summary: "Invitations, newest first",
      scope: WRITE,
      query: placesPage,
      answers: read(placesPageOf(invitationBody)),
    },
    {
      id: `${id("make")}Invitation`,
      method: "post",
      path: `${root}/invitations`,
      summary: "Invite by e-mail address, or by link",
      scope: WRITE,
      body: newInvitation,
      answers: made(invitationMade),
    },
    {
      id: `${id("list")}Grants`,
      method: "get",
      path: `${root}/grants`,
      summary: "Grants and denials in force",
      scope: WRITE,
      query: placesPage,
      answers: read(placesPageOf(grantBody)),
    },
    {
      id: `${id("make")}Grant`,
      method: "post",
      path: `${root}/grants`,
      summary: "Allow or deny one person something",
      scope: WRITE,
      body: newGrant,
      answers: made(grantBody),
    },
  ];
  return parts.map(signedIn);
}

/** Every HTTP operation of the module. */
export const workspacesOperations: readonly Operation[] = [
  signedIn({
    id: "workspaces.create",
    method: "post",
    path: "/api/v1/workspaces",
    summary: "Make a workspace",
    scope: WRITE,
    body: newWorkspace,
    answers: made(workspaceBody),
  }),
  signedIn({
    id: "workspaces.list",
    method: "get",
    path: "/api/v1/workspaces",
    summary: "My workspaces",
    scope: READ,
    query: workspacesPage,
    answers: read(placesPageOf(workspaceBody)),
  }),
  signedIn({
    id: "workspaces.get",
    method: "get",
    path: "/api/v1/workspaces/{workspaceId}",
    summary: "One workspace",
    scope: READ,
    answers: read(workspaceBody),
  }),
  signedIn({
    id: "workspaces.update",
    method: "patch",
    path: "/api/v1/workspaces/{workspaceId}",
    summary: "Rename or describe",
    scope: WRITE,
    body: workspaceChanges,
    answers: changed(workspaceBody),
  }),
  signedIn({
    id: "workspaces.trash",
    method: "delete",
    path: "/api/v1/workspaces/{workspaceId}",
    summary: `Put into the trash, from where it can be restored for ${TRASH_DAYS} days`,
    scope: MANAGE,
    answers: changed(null),
  }),
  signedIn({
    id: "workspaces.restore",
    method: "post",
    path: "/api/v1/workspaces/{workspaceId}/restore",
    summary: "Take out of the trash",
    scope: MANAGE,
    answers: changed(workspaceBody),
  }),
  signedIn({
    id: "workspaces.stats",
    method: "get",
    path: "/api/v1/workspaces/{workspaceId}/stats",
    summary: "Counts",
    scope: READ,
    answers: read(workspaceStats),
  }),
  signedIn({
    id: "workspaces.transfer",
    method: "post",
    path: "/api/v1/workspaces/{workspaceId}/transfer",
    summary: "Hand my ownership to a member",
    scope: MANAGE,
    body: ownershipTransfer,
    answers: changed(workspaceBody),
  }),
  signedIn({
    id: "workspaces.adopt",
    method: "post",
    path: "/api/v1/workspaces/{workspaceId}/adopt",
    summary: "Become the owner of a workspace whose owners were all deleted or disabled",
    description:
      "For administrators of the instance; 409 `workspaces.has-owner` while an owner can act. `GET /api/v1/workspaces?ownerless=true` lists such workspaces.",
    scope: MANAGE,
    answers: changed(workspaceBody),
  }),
  ...placeOperations("workspace"),
  signedIn({
    id: "workspaces.listBases",
    method: "get",
    path: "/api/v1/bases",
    summary: "My bases",
    scope: SCHEMA_READ,
    query: trashablePage,
    answers: read(placesPageOf(baseBody)),
  }),
  signedIn({
    id: "workspaces.getBase",
    method: "get",
    path: "/api/v1/bases/{baseId}",
    summary: "One base",
    scope: SCHEMA_READ,
    answers: read(baseBody),
  }),
  signedIn({
    id: "workspaces.updateBase",
    method: "patch",
    path: "/api/v1/bases/{baseId}",
    summary: "Rename, describe, colour",
    scope: SCHEMA_WRITE,
    body: baseChanges,
    answers: changed(baseBody),
  }),
  signedIn({
    id: "workspaces.trashBase",
    method: "delete",
    path: "/api/v1/bases/{baseId}",
    summary: `Put into the trash, from where it can be restored for ${TRASH_DAYS} days`,
    scope: MANAGE,
    answers: changed(null),
  }),
  signedIn({
    id: "workspaces.restoreBase",
    method: "post",
    path: "/api/v1/bases/{baseId}/restore",
    summary: "Take out of the trash",
    scope: MANAGE,
    answers: changed(baseBody),
  }),
  signedIn({
    id: "workspaces.moveBase",
    method: "post",
    path: "/api/v1/bases/{baseId}/move",
    summary: "Move to another workspace",
    scope: MANAGE,
    body: baseMove,
    answers: changed(baseBody),
  }),
  ...placeOperations("base"),
  {
    id: "workspaces.lookAtInvitation",
    method: "post",
    path: "/api/v1/invitations/look",
    summary: "What a token invites to",
    auth: "none",
    body: invitationToken,
    answers: { 200: invitationView, 404: problemBody, 410: problemBody, 422: problemBody },
  },
  signedIn({
    id: "workspaces.acceptInvitation",
    method: "post",
    path: "/api/v1/invitations/accept",
    summary: "Accept",
    body: invitationToken,
    answers: { ...changed(invitationAccepted), 410: problemBody },
  }),
  {
    id: "workspaces.registerInvited",
    method: "post",
    path: "/api/v1/invitations/register",
    summary: "Make an account with the address of an invitation, and accept it",
    description:
      "Also where registration is closed. Sign in with the address and the password afterwards. 403 `workspaces.invitation-for-anybody` for a link that names no address; 409 `workspaces.has-account` where the address has an account: sign in and accept.",
    auth: "none",
    body: invitationRegistration,
    answers: {
      201: invitationRegistered,
      403: problemBody,
      404: problemBody,
      409: problemBody,
      410: problemBody,
      422: problemBody,
      429: problemBody,
      503: problemBody,
    },
  },
  signedIn({
    id: "workspaces.resendInvitation",
    method: "post",
    path: "/api/v1/invitations/{invitationId}/resend",
    summary: "A new token for seven days more; the old one ends",
    scope: WRITE,
    answers: changed(invitationMade),
  }),
  signedIn({
    id: "workspaces.revokeInvitation",
    method: "delete",
    path: "/api/v1/invitations/{invitationId}",
    summary: "Withdraw",
    scope: WRITE,
    answers: changed(null),
  }),
  signedIn({
    id: "workspaces.revokeGrant",
    method: "delete",
    path: "/api/v1/grants/{grantId}",
    summary: "End a grant or a denial",
    scope: WRITE,
    answers: changed(null),
  }),
  signedIn({
    id: "workspaces.checkPermission",
    method: "post",
    path: "/api/v1/permissions/check",
    summary: "May I, and why",
    body: permissionQuestion,
    answers: { 200: permissionAnswer, 401: problemBody, 422: problemBody },
  }),
  signedIn({
    id: "workspaces.checkPermissions",
    method: "post",
    path: "/api/v1/permissions/batch-check",
    summary: "Many questions, answered under their keys",
    body: permissionQuestions,
    answers: { 200: permissionAnswers, 401: problemBody, 422: problemBody },
  }),
];
