import type { RoleName } from "@basalt/contract";
import { Problem, type Scope, type UserActor } from "#kernel";
import { emailKey, requireUser } from "#identity";
import { tellAccessChanged } from "../access/access-cache.ts";
import type { Place } from "../access/access.ts";
import { levelOfRole } from "../access/actions.ts";
import { accessOf, allowOnInstance } from "../access/allow.ts";
import { levelOf } from "../access/decide.ts";
import { noteOnPlace } from "../access/note-on-place.ts";
import { placeOf } from "../grants/grants.ts";
import { changingRoles, refuseDeniedOwner, type TxScope } from "../members/members.ts";
import { insertRole, roleOf, updateRole, type RoleRow } from "../members/roles.sql.ts";
import {
  invitationByToken,
  lockInvitation,
  noteAccepted,
  noteUse,
  type InvitationWithPlace,
} from "./invitations.sql.ts";
import { tokenHash } from "./invitation-token.ts";
import { statusOf } from "./invite.ts";

/** What somebody gets by accepting. */
export interface AcceptedInvitation {
  readonly workspaceId: string | null;
  readonly baseId: string | null;
  /** The role that they have now: a stronger one that they had is kept. */
  readonly role: RoleName;
}

/**
 * What a token invites to, for anybody who has it: names, not contents.
 * Problems: `workspaces.no-such-invitation`, `workspaces.invitation-expired`, `workspaces.invitation-used`,
 * `workspaces.invitation-revoked`.
 */
export async function lookAtInvitation(scope: Scope, token: string): Promise<InvitationWithPlace> {
  const invitation = await scope.db.maybe<InvitationWithPlace>(invitationByToken(tokenHash(token)));
  return requireOpen(scope, invitation);
}

/**
 * Takes the role that the token offers. One made for an address is for the user with that address, once; a link is for
 * everybody, once each, so that somebody who was removed does not come back by it.
 * Problems: those of `lookAtInvitation`, `workspaces.invitation-other-address`, `kernel.not-signed-in`.
 */
export async function acceptInvitation(scope: Scope, token: string): Promise<AcceptedInvitation> {
  allowOnInstance(scope, "invitation.accept");
  const user = requireUser(scope);
  return usingInvitation(scope, token, async (tx, { invitation, takeUp }) => {
    refuseOtherAddress(invitation, user);
    return takeUp(tx, user.userId);
  });
}

/** An invitation under the locks, that its maker still stands for. */
export interface HeldInvitation {
  readonly invitation: InvitationWithPlace;
  /** Gives the user what the invitation offers. Problems: `workspaces.invitation-used`. */
  readonly takeUp: (tx: TxScope, userId: string) => Promise<AcceptedInvitation>;
}

/** Work with an invitation that nobody else takes up meanwhile. Problems: those of `lookAtInvitation`. */
export async function usingInvitation<T>(
  scope: Scope,
  token: string,
  work: (tx: TxScope, held: HeldInvitation) => Promise<T>,
): Promise<T> {
  const place = placeOf(await lookAtInvitation(scope, token));
  // The workspace is locked before the invitation, as everywhere, and what was read before counts no more.
  return changingRoles(scope, place, async (tx) => {
    await tx.db.maybe(lockInvitation(tokenHash(token)));
    const invitation = await lookAtInvitation(tx, token);
    await requireMaker(tx, invitation, place);
    return work(tx, {
      invitation,
      takeUp: (inside, userId) => takeUpInvitation(inside, invitation, userId),
    });
  });
}

async function takeUpInvitation(
  tx: TxScope,
  invitation: InvitationWithPlace,
  userId: string,
): Promise<AcceptedInvitation> {
  if ((await tx.db.run(noteUse(invitation.id, userId, tx.now()))) === 0) {
    throw used();
  }
  if (invitation.email !== null) {
    await tx.db.run(noteAccepted(invitation.id, userId, tx.now()));
  }
  const role = await raiseRole(tx, invitation, userId);
  await noteOnPlace(tx, placeOf(invitation), {
    act: "workspaces.invitation-accepted",
    target: { kind: "invitation", id: invitation.id, name: invitation.email ?? "link" },
    details: { userId, role, invitedBy: invitation.createdBy },
  });
  return { workspaceId: invitation.workspaceId, baseId: invitation.baseId, role };
}

async function raiseRole(
  tx: TxScope,
  invitation: InvitationWithPlace,
  userId: string,
): Promise<RoleName> {
  const { role, createdBy } = invitation;
  const place = placeOf(invitation);
  const current = await tx.db.maybe<RoleRow>(roleOf(place, userId));
  if (current !== undefined && levelOfRole[current.role] >= levelOfRole[role]) {
    return current.role;
  }
  await refuseDeniedOwner(tx, place, { userId, role });
  const row = { userId, role, givenAt: tx.now(), givenBy: createdBy };
  await tx.db.run(current === undefined ? insertRole(place, row) : updateRole(place, row));
  await tellAccessChanged(tx, userId);
  return role;
}

function requireOpen(
  scope: Scope,
  invitation: InvitationWithPlace | undefined,
): InvitationWithPlace {
  if (invitation === undefined || invitation.isAway) {
    throw new Problem("not-found", "workspaces.no-such-invitation", {
      message: "There is no invitation with this token.",
    });
  }
  switch (statusOf(invitation, scope.now())) {
    case "accepted":
      throw used();
    case "revoked":
      throw revoked();
    case "expired":
      throw new Problem("gone", "workspaces.invitation-expired", {
        message: "The invitation has expired; ask for a new one.",
      });
    default:
      return invitation;
  }
}

function refuseOtherAddress({ email }: InvitationWithPlace, user: UserActor): void {
  if (email !== null && emailKey(email) !== emailKey(user.email)) {
    throw new Problem("forbidden", "workspaces.invitation-other-address", {
      message: "The invitation is for another e-mail address; sign in with that one.",
    });
  }
}

/** An invitation is worth what its maker may still do. */
async function requireMaker(
  tx: TxScope,
  { createdBy, role }: InvitationWithPlace,
  place: Place,
): Promise<void> {
  if (createdBy === null) {
    return;
  }
  const level = levelOf(await accessOf(tx, createdBy, place), tx.now());
  if (level < levelOfRole.creator || level < levelOfRole[role]) {
    throw revoked();
  }
}

function used(): Problem {
  return new Problem("gone", "workspaces.invitation-used", {
    message: "The invitation has been used already.",
  });
}

function revoked(): Problem {
  return new Problem("gone", "workspaces.invitation-revoked", {
    message: "The invitation was withdrawn.",
  });
}
