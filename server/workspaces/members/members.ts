import { PLACES_PAGE_DEFAULT, type RoleName } from "@basalt/contract";
import { goneUsers } from "#identity";
import { inTransaction, Problem, type Act, type Scope, type Tx } from "#kernel";
import { tellAccessChanged } from "../access/access-cache.ts";
import { placeId, type Place } from "../access/access.ts";
import { levelOfRole } from "../access/actions.ts";
import {
  actorId,
  allow,
  allowOnInstance,
  levelOn,
  notFound,
  notPermitted,
} from "../access/allow.ts";
import { noteOnPlace } from "../access/note-on-place.ts";
import { requireCursor, type ListOptions } from "../places/list-workspaces.ts";
import { lockWorkspace } from "../places/workspaces.sql.ts";
import { requireUsers, withProfiles, type Member } from "./profiles.ts";
import {
  deleteRole,
  hasDenial,
  insertRole,
  ownersOf,
  roleOf,
  rolesOn,
  updateRole,
  type RoleRow,
} from "./roles.sql.ts";

/** A role to be given to a user. */
export interface RoleGift {
  readonly userId: string;
  readonly role: RoleName;
}

/** Who has a role on the place, by user id. On a base: those of the base itself. Problems: those of `allow`, `workspaces.bad-cursor`. */
export async function listMembers(
  scope: Scope,
  place: Place,
  options: ListOptions = {},
): Promise<readonly Member[]> {
  await allow(scope, "collaborators.read", place);
  const { after, limit = PLACES_PAGE_DEFAULT } = options;
  requireCursor("usr", after);
  return withProfiles(scope, await scope.db.all<RoleRow>(rolesOn(place, after, limit)));
}

/**
 * Gives a user of the instance a role on the place. Nobody gives more than they have.
 * Problems: those of `allow`, `workspaces.unknown-user`, `workspaces.already-member`, `workspaces.denied-user`.
 */
export async function addMember(
  scope: Scope,
  place: Place,
  { userId, role }: RoleGift,
): Promise<Member> {
  await allow(scope, "collaborators.manage", place);
  await requireUsers(scope, [userId]);
  return changingRoles(scope, place, async (tx) => {
    await requireRank(tx, place, [role]);
    await refuseDeniedOwner(tx, place, { userId, role });
    const made = await tx.db.maybe<RoleRow>(insertRole(place, roleRow(tx, { userId, role })));
    if (made === undefined) {
      throw new Problem("conflict", "workspaces.already-member", {
        message: "The user has a role there already; change it.",
      });
    }
    await noteRole(tx, place, { userId, after: role });
    await tellAccessChanged(tx, userId);
    return withProfile(tx, made);
  });
}

/**
 * Changes a role. Nobody gives more than they have or changes somebody above themselves; a workspace keeps an owner.
 * Problems: those of `allow`, `workspaces.no-such-member`, `workspaces.last-owner`, `workspaces.denied-user`.
 */
export async function changeMember(
  scope: Scope,
  place: Place,
  { userId, role }: RoleGift,
): Promise<Member> {
  await allow(scope, "collaborators.manage", place);
  return changingRoles(scope, place, async (tx) => {
    const current = await requireMember(tx, place, userId);
    await requireRank(tx, place, [role, current.role]);
    await refuseDeniedOwner(tx, place, { userId, role });
    if (role !== "owner") {
      await keepAnOwner(tx, place, current);
    }
    const changed = await tx.db.one<RoleRow>(updateRole(place, roleRow(tx, { userId, role })));
    await noteRole(tx, place, { userId, before: current.role, after: role });
    await tellAccessChanged(tx, userId);
    return withProfile(tx, changed);
  });
}

/**
 * Takes a role away. Everybody may leave, except the last owner of a workspace; for others it takes what changing takes.
 * Problems: those of `allow`, `workspaces.no-such-member`, `workspaces.last-owner`.
 */
export async function removeMember(scope: Scope, place: Place, userId: string): Promise<void> {
  const isLeaving = actorId(scope) === userId;
  if (isLeaving) {
    allowOnInstance(scope, "place.leave");
  }
  await allow(scope, isLeaving ? "collaborators.read" : "collaborators.manage", place);
  await changingRoles(scope, place, async (tx) => {
    const current = await requireMember(tx, place, userId);
    if (!isLeaving) {
      await requireRank(tx, place, [current.role]);
    }
    await keepAnOwner(tx, place, current);
    await tx.db.run(deleteRole(place, userId));
    await noteRole(tx, place, { userId, before: current.role });
    await tellAccessChanged(tx, userId);
  });
}

/**
 * Makes another member the owner in the actor's stead; the actor stays as a creator.
 * Problems: those of `allow`, `workspaces.no-such-member`, `workspaces.denied-user`, `workspaces.already-owner`.
 */
export async function transferOwnership(
  scope: Scope,
  { workspaceId, userId }: { readonly workspaceId: string; readonly userId: string },
): Promise<void> {
  const place: Place = { workspaceId };
  await allow(scope, "workspace.transfer", place);
  const from = actorId(scope);
  if (from === userId) {
    throw new Problem("conflict", "workspaces.already-owner", {
      message: "You are the owner already.",
    });
  }
  await requireUsers(scope, [userId]);
  await changingRoles(scope, place, async (tx) => {
    const { role } = await requireMember(tx, place, userId);
    await requireRank(tx, place, ["owner"]);
    await refuseDeniedOwner(tx, place, { userId, role: "owner" });
    await tx.db.run(updateRole(place, roleRow(tx, { userId, role: "owner" })));
    await noteRole(tx, place, { userId, before: role, after: "owner" });
    await tellAccessChanged(tx, userId);
    if (from !== null) {
      await tx.db.run(updateRole(place, roleRow(tx, { userId: from, role: "creator" })));
      await noteRole(tx, place, { userId: from, before: "owner", after: "creator" });
      await tellAccessChanged(tx, from);
    }
  });
}

/** What became of somebody's role; none before = given, none after = taken away. */
interface RoleStep {
  readonly userId: string;
  readonly before?: RoleName;
  readonly after?: RoleName;
}

/** Writes down that somebody's role was given, changed or taken away. */
export async function noteRole(
  tx: Scope,
  place: Place,
  { userId, before, after }: RoleStep,
): Promise<void> {
  await noteOnPlace(tx, place, {
    act: actOf(before, after),
    target: { kind: "user", id: userId },
    details: { before, after },
  });
}

function actOf(before: RoleName | undefined, after: RoleName | undefined): Act["act"] {
  if (after === undefined) {
    return "workspaces.role-removed";
  }
  return before === undefined ? "workspaces.role-given" : "workspaces.role-changed";
}

/** A scope on an open transaction. */
export type TxScope = Scope & { readonly db: Tx };

/** Work that changes roles: on a workspace one after the other, so that the rules hold when two come at once. */
export async function changingRoles<T>(
  scope: Scope,
  place: Place,
  work: (tx: TxScope) => Promise<T>,
): Promise<T> {
  return inTransaction(scope, async (tx) => {
    if (
      "workspaceId" in place &&
      (await tx.db.maybe(lockWorkspace(place.workspaceId))) === undefined
    ) {
      throw notFound();
    }
    return work(tx);
  });
}

/** Nobody gives, changes or takes a role above their own. Reads what the transaction sees. Problems: `workspaces.not-permitted`. */
export async function requireRank(
  tx: TxScope,
  place: Place,
  roles: readonly RoleName[],
): Promise<void> {
  const own = await levelOn(tx, place);
  const above = roles.find((role) => levelOfRole[role] > own);
  if (above !== undefined || own < levelOfRole.creator) {
    throw notPermitted(
      `Only somebody whose own role is at least ${above ?? "creator"} may do this.`,
    );
  }
}

/** An owner who is denied something could lock the workspace for good. Problems: `workspaces.denied-user`. */
export async function refuseDeniedOwner(
  tx: TxScope,
  place: Place,
  { userId, role }: RoleGift,
): Promise<void> {
  if (role === "owner" && (await tx.db.maybe(hasDenial(place, userId, tx.now()))) !== undefined) {
    throw new Problem("conflict", "workspaces.denied-user", {
      message: "A grant denies this user something here; end it before making them an owner.",
    });
  }
}

async function requireMember(tx: TxScope, place: Place, userId: string): Promise<RoleRow> {
  const row = await tx.db.maybe<RoleRow>(roleOf(place, userId));
  if (row === undefined) {
    throw new Problem("not-found", "workspaces.no-such-member", {
      message: `Nobody with this id has a role on ${placeId(place)}.`,
      airtable: { type: "NOT_FOUND", bare: true },
    });
  }
  return row;
}

async function keepAnOwner(tx: TxScope, place: Place, { userId, role }: RoleRow): Promise<void> {
  if (!("workspaceId" in place) || role !== "owner") {
    return;
  }
  const owners = await tx.db.all<RoleRow>(ownersOf(place.workspaceId));
  const others = owners.map((owner) => owner.userId).filter((owner) => owner !== userId);
  // One who was deleted or disabled keeps nothing running.
  if ((await goneUsers(tx, others)).size === others.length) {
    throw new Problem("conflict", "workspaces.last-owner", {
      message: "A workspace keeps at least one owner; make somebody else an owner first.",
    });
  }
}

function roleRow(scope: Scope, { userId, role }: RoleGift): RoleRow {
  return { userId, role, givenAt: scope.now(), givenBy: actorId(scope) };
}

async function withProfile(scope: Scope, row: RoleRow): Promise<Member> {
  const [member] = await withProfiles(scope, [row]);
  return member ?? { ...row, name: "", email: "" };
}
