import type { ActionName, KeyScope, PermissionLevel, RoleName } from "@basalt/contract";

/** How much a role may do: 0 nothing … 5 owner. */
export type Level = 0 | 1 | 2 | 3 | 4 | 5;

/** Each role and its level. */
export const levelOfRole = {
  "read-only": 1,
  commenter: 2,
  editor: 3,
  creator: 4,
  owner: 5,
} as const satisfies Record<RoleName, Level>;

const roleOfLevel = ["", "read-only", "commenter", "editor", "creator", "owner"] as const;
const airtableLevels = ["none", "read", "comment", "edit", "create", "create"] as const;

/** The weakest role of that level, for the text of a refusal. */
export function roleFor(level: Exclude<Level, 0>): RoleName {
  return roleOfLevel[level];
}

/** What Airtable calls the level on a base; it has no word for an owner there. */
export function permissionLevelOf(level: Level): PermissionLevel {
  return airtableLevels[level];
}

/** What one action takes. */
export interface ActionRule {
  /** The least that the user's role must be. */
  readonly level: Exclude<Level, 0>;
  /** The scope that a personal access token needs as well. */
  readonly scope: KeyScope;
  /** Only workspaces can be asked about; the others can be asked for both. */
  readonly workspaceOnly?: true;
}

/** The one table of who may do what. Levels and scopes are Airtable's where it has the operation; the rest is ours. */
export const actionRules = {
  "records.read": { level: 1, scope: "data.records:read" },
  "records.write": { level: 3, scope: "data.records:write" },
  "changes.read": { level: 1, scope: "data.records:read" },
  "comments.read": { level: 1, scope: "data.recordComments:read" },
  "comments.write": { level: 2, scope: "data.recordComments:write" },
  "schema.read": { level: 1, scope: "schema.bases:read" },
  "schema.write": { level: 4, scope: "schema.bases:write" },
  "views.read": { level: 1, scope: "workspacesAndBases:read" },
  "views.write": { level: 3, scope: "workspacesAndBases:write" },
  "webhooks.read": { level: 1, scope: "webhook:manage" },
  "webhooks.manage": { level: 4, scope: "webhook:manage" },
  "collaborators.read": { level: 1, scope: "workspacesAndBases:read" },
  "collaborators.manage": { level: 4, scope: "workspacesAndBases:write" },
  "shares.manage": { level: 4, scope: "workspacesAndBases.shares:manage" },
  "grants.manage": { level: 4, scope: "workspacesAndBases:write" },
  "audit.read": { level: 4, scope: "enterprise.auditLogs:read" },
  "base.read": { level: 1, scope: "schema.bases:read" },
  "base.update": { level: 4, scope: "schema.bases:write" },
  "base.delete": { level: 4, scope: "workspacesAndBases:manage" },
  "base.create": { level: 4, scope: "schema.bases:write", workspaceOnly: true },
  "base.restore": { level: 4, scope: "workspacesAndBases:manage", workspaceOnly: true },
  "workspace.read": { level: 1, scope: "workspacesAndBases:read", workspaceOnly: true },
  "workspace.update": { level: 4, scope: "workspacesAndBases:write", workspaceOnly: true },
  "workspace.delete": { level: 5, scope: "workspacesAndBases:manage", workspaceOnly: true },
  "workspace.transfer": { level: 5, scope: "workspacesAndBases:manage", workspaceOnly: true },
  "events.write": { level: 1, scope: "events:write", workspaceOnly: true },
  "analytics.read": { level: 4, scope: "analytics:read", workspaceOnly: true },
  "usage.read": { level: 4, scope: "analytics:read", workspaceOnly: true },
} as const satisfies Record<ActionName, ActionRule>;

/** What is asked of the instance, not of a place: every signed-in user may (adopting takes an administrator), a token needs the scope. */
export const instanceActions = {
  "workspace.create": { scope: "workspacesAndBases:write", narrowed: false },
  "workspace.adopt": { scope: "workspacesAndBases:manage", narrowed: false },
  "workspace.list": { scope: "workspacesAndBases:read", narrowed: true },
  "base.list": { scope: "schema.bases:read", narrowed: true },
  "place.leave": { scope: "workspacesAndBases:write", narrowed: true },
  "events.write": { scope: "events:write", narrowed: false },
  "invitation.accept": { scope: "workspacesAndBases:write", narrowed: false },
} as const satisfies Record<string, InstanceRule>;

interface InstanceRule {
  readonly scope: KeyScope;
  /** True where a token that is limited to some workspaces or bases will do. */
  readonly narrowed: boolean;
}

export type InstanceAction = keyof typeof instanceActions;
