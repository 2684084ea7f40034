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
export {
  createWorkspace,
  ensureDefaultWorkspace,
  type NewWorkspace,
} from "./places/create-workspace.ts";
export { listWorkspaces, workspaceOf, type ListOptions } from "./places/list-workspaces.ts";
export type { WorkspaceRow } from "./places/workspaces.sql.ts";
