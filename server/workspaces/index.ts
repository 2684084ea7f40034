/**
 * Tenants: workspaces, the registry of bases, roles on both, grants, invitations, and `allow()`: every permission question.
 * It deliberately does not know what is in a base, how somebody signed in, or who listens when something changes.
 */
export type { Access, Place } from "./access/access.ts";
export { actionRules, instanceActions, type InstanceAction } from "./access/actions.ts";
export {
  allow,
  allowedFromMemory,
  allowOnInstance,
  notFound,
  notPermitted,
  permissionLevel,
} from "./access/allow.ts";
export { noteOnPlace } from "./access/note-on-place.ts";
export { visibilityFromMemory, type VisibilityClass } from "./access/visibility.ts";
export {
  basesOfWorkspaces,
  goneWorkspaces,
  placedBases,
  seesFromMemory,
  workspacesOfBases,
  workspacesSeen,
  type PlacedBase,
} from "./access/places-of-use.ts";
export { check, type PermissionAnswer, type PermissionQuestion } from "./access/check.ts";
export type { AskedAbout } from "./access/access-cache.ts";
export type { BaseRow } from "./bases/bases.sql.ts";
export {
  moveBase,
  restoreBase,
  trashBase,
  updateBase,
  type BaseChanges,
} from "./bases/change-base.ts";
export { baseOf, listBases, type ListedBase } from "./bases/list-bases.ts";
export { registerBase, type NewBase } from "./bases/register-base.ts";
export { listGrants, makeGrant, revokeGrant, type NewGrant } from "./grants/grants.ts";
export type { GrantRow } from "./grants/grants.sql.ts";
export {
  acceptInvitation,
  lookAtInvitation,
  type AcceptedInvitation,
} from "./invitations/accept-invitation.ts";
export type { InvitationRow } from "./invitations/invitations.sql.ts";
export {
  listInvitations,
  makeInvitation,
  resendInvitation,
  revokeInvitation,
  type MadeInvitation,
  type NewInvitation,
} from "./invitations/invite.ts";
export { baseCollaborators } from "./members/base-collaborators.ts";
export {
  addMember,
  changeMember,
  listMembers,
  removeMember,
  transferOwnership,
  type RoleGift,
} from "./members/members.ts";
export { workspaceOwners } from "./members/workspace-owners.ts";
export type { Member } from "./members/profiles.ts";
export {
  baseSharing,
  workspaceSharing,
  type BaseSharing,
  type WorkspaceSharing,
} from "./members/sharing.ts";
export { adoptWorkspace, listOwnerlessWorkspaces } from "./members/adopt-workspace.ts";
export {
  createWorkspace,
  ensureDefaultWorkspace,
  type NewWorkspace,
} from "./places/create-workspace.ts";
export {
  restoreWorkspace,
  trashWorkspace,
  updateWorkspace,
  workspaceStats,
  type WorkspaceChanges,
} from "./places/change-workspace.ts";
export { listWorkspaces, workspaceOf, type ListOptions } from "./places/list-workspaces.ts";
export type { WorkspaceCounts, WorkspaceRow } from "./places/workspaces.sql.ts";
export { purgeTrash, type Purged } from "./places/purge.ts";
export { workspacesRoutes } from "./routes.ts";
export { sweepWorkspaces } from "./sweep.ts";
