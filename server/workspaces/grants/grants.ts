import { PLACES_PAGE_DEFAULT, type ActionName, type RoleName } from "@basalt/contract";
import { isId, newId, Problem, type Scope } from "#kernel";
import { tellAccessChanged } from "../access/access-cache.ts";
import type { Place } from "../access/access.ts";
import { actionRules, roleFor, type ActionRule } from "../access/actions.ts";
import {
  accessOf,
  actorId,
  allow,
  notFound,
  notPermitted,
  requireTokenScope,
} from "../access/allow.ts";
import { levelOf } from "../access/decide.ts";
import { noteOnPlace } from "../access/note-on-place.ts";
import { changingRoles, requireRank, type TxScope } from "../members/members.ts";
import { requireUsers } from "../members/profiles.ts";
import { requireCursor, type ListOptions } from "../places/list-workspaces.ts";
import {
  countGrants,
  deleteGrant,
  grantById,
  grantsOn,
  insertGrant,
  type GrantRow,
} from "./grants.sql.ts";

/** Grants in force for one person on one place: they are read with every answer about that person. */
export const GRANTS_OF_USER_MAX = 100;

export interface NewGrant {
  readonly userId: string;
  readonly effect: "allow" | "deny";
  /** Allows what the role may. */
  readonly role?: RoleName | undefined;
  /** Allows or denies these; a denial without them shuts out. */
  readonly actions?: readonly ActionName[] | undefined;
  readonly reason: string;
  readonly expiresAt?: Date | null | undefined;
}

/** Grants and denials in force on the place itself, oldest first. Problems: those of `allow`, `workspaces.bad-cursor`. */
export async function listGrants(
  scope: Scope,
  place: Place,
  options: ListOptions = {},
): Promise<readonly GrantRow[]> {
  await allow(scope, "grants.manage", place);
  const { after, limit = PLACES_PAGE_DEFAULT } = options;
  requireCursor("grt", after);
  return scope.db.all<GrantRow>(grantsOn(place, { after, limit, now: scope.now() }));
}

/**
 * Allows or denies one person something, until an end if one is given. Nobody allows more than their own role, denies
 * somebody above them, or denies an owner of the workspace.
 * Problems: those of `allow`, `workspaces.unknown-user`, `workspaces.grant-expired`, `workspaces.grant-place`,
 * `workspaces.owner-denied`, `workspaces.too-many-grants`.
 */
export async function makeGrant(scope: Scope, place: Place, grant: NewGrant): Promise<GrantRow> {
  await allow(scope, "grants.manage", place);
  refuseMeaningless(scope, place, grant);
  await requireUsers(scope, [grant.userId]);
  return changingRoles(scope, place, async (tx) => {
    await (grant.effect === "allow"
      ? requireRankToAllow(tx, place, grant)
      : requireRankToDeny(tx, place, grant.userId));
    const { count } = await tx.db.one<{ readonly count: number }>(
      countGrants(place, grant.userId, tx.now()),
    );
    if (count >= GRANTS_OF_USER_MAX) {
      throw new Problem("conflict", "workspaces.too-many-grants", {
        message: `At most ${GRANTS_OF_USER_MAX} grants for one user on one place; end some first.`,
      });
    }
    const made = await tx.db.one<GrantRow>(
      insertGrant(place, {
        id: newId("grt"),
        userId: grant.userId,
        effect: grant.effect,
        role: grant.role ?? null,
        actions: [...new Set(grant.actions)],
        reason: grant.reason,
        expiresAt: grant.expiresAt ?? null,
        createdAt: tx.now(),
        createdBy: actorId(tx),
      }),
    );
    await noteOnPlace(tx, place, {
      act: "workspaces.grant-made",
      target: { kind: "grant", id: made.id },
      details: shown(made),
    });
    await tellAccessChanged(tx, grant.userId);
    return made;
  });
}

/** Ends a grant or a denial; nobody lifts a denial of their own. Problems: those of `allow`. */
export async function revokeGrant(scope: Scope, grantId: string): Promise<void> {
  requireTokenScope(scope, "grants.manage");
  const grant = isId("grt", grantId)
    ? await scope.db.maybe<GrantRow>(grantById(grantId))
    : undefined;
  if (grant === undefined) {
    throw notFound();
  }
  const place = placeOf(grant);
  await allow(scope, "grants.manage", place);
  if (grant.effect === "deny" && grant.userId === actorId(scope)) {
    throw notPermitted("Somebody else has to end a denial that concerns you.");
  }
  await changingRoles(scope, place, async (tx) => {
    await tx.db.run(deleteGrant(grantId));
    await noteOnPlace(tx, place, {
      act: "workspaces.grant-ended",
      target: { kind: "grant", id: grantId },
      details: shown(grant),
    });
    await tellAccessChanged(tx, grant.userId);
  });
}

function shown(grant: GrantRow): Readonly<Record<string, unknown>> {
  const { userId, effect, role, actions, reason, expiresAt } = grant;
  return { userId, effect, role, actions, reason, expiresAt };
}

/** The place that a row of grants or invitations names. */
export function placeOf(row: {
  readonly workspaceId: string | null;
  readonly baseId: string | null;
}): Place {
  return row.baseId === null ? { workspaceId: row.workspaceId ?? "" } : { baseId: row.baseId };
}

function refuseMeaningless(scope: Scope, place: Place, { actions, expiresAt }: NewGrant): void {
  if (expiresAt !== undefined && expiresAt !== null && expiresAt <= scope.now()) {
    throw new Problem("invalid", "workspaces.grant-expired", {
      message: "expiresAt must lie in the future.",
      fields: { expiresAt: "must lie in the future" },
    });
  }
  const wrong = "baseId" in place ? actions?.find((action) => isWorkspaceOnly(action)) : undefined;
  if (wrong !== undefined) {
    throw new Problem("invalid", "workspaces.grant-place", {
      message: `${wrong} can be granted on a workspace, not on a base.`,
      fields: { actions: `${wrong} has no meaning on a base` },
    });
  }
}

function isWorkspaceOnly(action: ActionName): boolean {
  const rule: ActionRule = actionRules[action];
  return rule.workspaceOnly === true;
}

async function requireRankToAllow(
  tx: TxScope,
  place: Place,
  { role, actions = [] }: NewGrant,
): Promise<void> {
  const needed = actions.map((action) => roleFor(actionRules[action].level));
  await requireRank(tx, place, role === undefined ? needed : [role, ...needed]);
}

async function requireRankToDeny(tx: TxScope, place: Place, userId: string): Promise<void> {
  const access = await accessOf(tx, userId, place);
  if (access?.workspaceRole === "owner") {
    throw new Problem("conflict", "workspaces.owner-denied", {
      message: "An owner of the workspace cannot be denied anything; change the role first.",
    });
  }
  const level = levelOf(access, tx.now());
  await requireRank(tx, place, level === 0 ? [] : [roleFor(level)]);
}
