import { PLACES_PAGE_DEFAULT, type PermissionLevel, type RoleName } from "@basalt/contract";
import type { Scope } from "#kernel";
import { requireUser } from "#identity";
import { levelOfRole, permissionLevelOf, type Level } from "../access/actions.ts";
import { allow, allowOnInstance, notFound, permissionLevel } from "../access/allow.ts";
import { requireCursor, type ListOptions } from "../places/list-workspaces.ts";
import {
  allBases,
  baseById,
  restorableBases,
  visibleBases,
  type BaseRow,
  type VisibleBaseRow,
} from "./bases.sql.ts";

/** A base with what the actor may do on it. */
export interface ListedBase extends BaseRow {
  readonly permissionLevel: PermissionLevel;
}

/**
 * The bases of the actor in the order in which they were made, as far as the token reaches; one statement whatever the
 * length. The program itself sees all. From the trash: those that the actor may restore.
 * Problems: `workspaces.bad-cursor`, those of `allowOnInstance`.
 */
export async function listBases(
  scope: Scope,
  options: ListOptions = {},
): Promise<readonly ListedBase[]> {
  allowOnInstance(scope, "base.list");
  const { after, limit = PLACES_PAGE_DEFAULT, trashed = false } = options;
  requireCursor("app", after);
  if (scope.actor.kind === "system") {
    return (await scope.db.all<VisibleBaseRow>(allBases(after, limit, trashed))).map(withLevel);
  }
  const { userId, credential } = requireUser(scope);
  const isNarrowed =
    credential.kind === "key" && (credential.bases !== null || credential.workspaces !== null);
  const only = isNarrowed
    ? { bases: [...(credential.bases ?? [])], workspaces: [...(credential.workspaces ?? [])] }
    : null;
  const page = { userId, only, after, limit, now: scope.now() };
  const rows = await scope.db.all<VisibleBaseRow>(
    trashed ? restorableBases(page) : visibleBases(page),
  );
  return rows.map(withLevel);
}

/** One base with the actor's level. Problems: those of `allow`. */
export async function baseOf(scope: Scope, baseId: string): Promise<ListedBase> {
  await allow(scope, "base.read", { baseId });
  const row = await existingBase(scope, baseId);
  return { ...row, permissionLevel: await permissionLevel(scope, baseId) };
}

/** The row of a base that is not in the trash, nor its workspace. Asks no permission. */
export async function existingBase(scope: Scope, baseId: string): Promise<BaseRow> {
  const found = await scope.db.maybe<BaseRow & { readonly workspaceDeletedAt: Date | null }>(
    baseById(baseId),
  );
  if (found === undefined || found.deletedAt !== null || found.workspaceDeletedAt !== null) {
    throw notFound();
  }
  const { workspaceDeletedAt: _, ...row } = found;
  return row;
}

function withLevel({ workspaceRole, baseRole, grantedRoles, ...base }: VisibleBaseRow): ListedBase {
  const roles = [workspaceRole, baseRole, ...grantedRoles].filter(
    (role): role is RoleName => role !== null,
  );
  const level = roles.reduce<Level>(
    (most, role) => (levelOfRole[role] > most ? levelOfRole[role] : most),
    0,
  );
  return { ...base, permissionLevel: permissionLevelOf(level) };
}
