import type { Scope } from "#kernel";
import type { Place } from "../access/access.ts";
import { levelOfRole } from "../access/actions.ts";
import { allow, levelOn, permissionLevel } from "../access/allow.ts";
import { existingBase, type ListedBase } from "../bases/list-bases.ts";
import { openInvitationsOn, type InvitationRow } from "../invitations/invitations.sql.ts";
import { withProfiles, type Member } from "./profiles.ts";
import { rolesOn, type RoleRow } from "./roles.sql.ts";

/** People and invitations in one answer that has no pages. Ours. */
const COLLABORATORS_MAX = 10_000;

/** Everybody who can get at a base, and by which way. */
export interface BaseSharing {
  readonly base: ListedBase;
  readonly baseMembers: readonly Member[];
  readonly workspaceMembers: readonly Member[];
  readonly baseInvitations: readonly InvitationRow[];
  readonly workspaceInvitations: readonly InvitationRow[];
}

/** For Airtable's base collaborators, which it answers whole. Problems: those of `allow`. */
export async function baseSharing(scope: Scope, baseId: string): Promise<BaseSharing> {
  await allow(scope, "collaborators.read", { baseId });
  const row = await existingBase(scope, baseId);
  const base = { ...row, permissionLevel: await permissionLevel(scope, baseId) };
  const workspace = { workspaceId: base.workspaceId };
  const [onBase, onWorkspace, baseInvitations, workspaceInvitations] = await Promise.all([
    scope.db.all<RoleRow>(rolesOn({ baseId }, undefined, COLLABORATORS_MAX)),
    scope.db.all<RoleRow>(rolesOn(workspace, undefined, COLLABORATORS_MAX)),
    openInvitations(scope, { baseId }),
    openInvitations(scope, workspace),
  ]);
  const members = await withProfiles(scope, [...onBase, ...onWorkspace]);
  return {
    base,
    baseMembers: members.slice(0, onBase.length),
    workspaceMembers: members.slice(onBase.length),
    baseInvitations,
    workspaceInvitations,
  };
}

/** Everybody who is in a workspace, or invited to it. */
export interface WorkspaceSharing {
  readonly workspaceMembers: readonly Member[];
  readonly workspaceInvitations: readonly InvitationRow[];
}

/** For Airtable's workspace collaborators. Problems: those of `allow`. */
export async function workspaceSharing(
  scope: Scope,
  workspaceId: string,
): Promise<WorkspaceSharing> {
  const place = { workspaceId };
  await allow(scope, "collaborators.read", place);
  const [rows, workspaceInvitations] = await Promise.all([
    scope.db.all<RoleRow>(rolesOn(place, undefined, COLLABORATORS_MAX)),
    openInvitations(scope, place),
  ]);
  return { workspaceMembers: await withProfiles(scope, rows), workspaceInvitations };
}

/** Addresses of people who are not in yet are shown to those who could have invited them. */
async function openInvitations(scope: Scope, place: Place): Promise<readonly InvitationRow[]> {
  const mayManage = (await levelOn(scope, place)) >= levelOfRole.creator;
  return mayManage
    ? scope.db.all<InvitationRow>(openInvitationsOn(place, scope.now(), COLLABORATORS_MAX))
    : [];
}
