import { INVITATION_DAYS, PLACES_PAGE_DEFAULT, type RoleName } from "@basalt/contract";
import { inTransaction, isId, newId, Problem, type Scope } from "#kernel";
import type { Place } from "../access/access.ts";
import { actorId, allow, notFound, requireTokenScope } from "../access/allow.ts";
import { noteOnPlace } from "../access/note-on-place.ts";
import { placeOf } from "../grants/grants.ts";
import { changingRoles, requireRank } from "../members/members.ts";
import { requireCursor, type ListOptions } from "../places/list-workspaces.ts";
import { mailInvitation } from "./invitation-mail.ts";
import {
  insertInvitation,
  invitationById,
  invitationByToken,
  invitationsOn,
  renewInvitation,
  revokeInvitationRow,
  revokeOpenFor,
  type InvitationRow,
  type InvitationWithPlace,
} from "./invitations.sql.ts";
import { invitationUrl, newInvitationToken, tokenHash } from "./invitation-token.ts";

export interface NewInvitation {
  readonly role: RoleName;
  /** Without one it is a link that anybody who has it may use. */
  readonly email?: string | undefined;
  readonly message?: string | undefined;
}

/** The only time at which the token is known. */
export interface MadeInvitation extends InvitationRow {
  readonly token: string;
  readonly url: string;
  /** False for links, and where the mail server refused. */
  readonly mailed: boolean;
}

export type InvitationStatus = "open" | "accepted" | "expired" | "revoked";

/** What has become of an invitation. */
export function statusOf(
  { revokedAt, acceptedAt, expiresAt }: InvitationRow,
  now: Date,
): InvitationStatus {
  if (revokedAt !== null) {
    return "revoked";
  }
  if (acceptedAt !== null) {
    return "accepted";
  }
  return expiresAt <= now ? "expired" : "open";
}

/**
 * Invites to the place, by mail where there is an address, for seven days. Nobody invites above their own role. The
 * invitation is worth what its maker may do when it is accepted: it ends when they are removed.
 * Problems: those of `allow`.
 */
export async function makeInvitation(
  scope: Scope,
  place: Place,
  invitation: NewInvitation,
): Promise<MadeInvitation> {
  await allow(scope, "collaborators.manage", place);
  const { role, email = null, message = "" } = invitation;
  const token = newInvitationToken();
  const id = newId("inv");
  const row = await changingRoles(scope, place, async (tx) => {
    await requireRank(tx, place, [role]);
    if (email !== null) {
      await tx.db.run(revokeOpenFor(place, email, tx.now()));
    }
    const made = {
      id,
      role,
      email,
      message,
      createdAt: tx.now(),
      createdBy: actorId(tx),
      expiresAt: daysFrom(tx.now()),
    };
    await tx.db.run(insertInvitation(place, { ...made, tokenHash: tokenHash(token) }));
    await noteOnPlace(tx, place, {
      act: "workspaces.invitation-made",
      target: { kind: "invitation", id, name: email ?? "link" },
      details: { role, expiresAt: made.expiresAt },
    });
    return tx.db.one<InvitationWithPlace>(invitationByToken(tokenHash(token)));
  });
  return handOut(scope, row, token);
}

/** Invitations to the place itself, newest first, without their tokens. Problems: those of `allow`, `workspaces.bad-cursor`. */
export async function listInvitations(
  scope: Scope,
  place: Place,
  options: ListOptions = {},
): Promise<readonly InvitationRow[]> {
  await allow(scope, "collaborators.manage", place);
  const { after, limit = PLACES_PAGE_DEFAULT } = options;
  requireCursor("inv", after);
  return scope.db.all<InvitationRow>(invitationsOn(place, after, limit));
}

/**
 * Gives the invitation a new token for seven days more and mails it again; the old token ends.
 * Problems: those of `allow`, `workspaces.invitation-closed`.
 */
export async function resendInvitation(
  scope: Scope,
  invitationId: string,
): Promise<MadeInvitation> {
  const { role, place } = await managedInvitation(scope, invitationId);
  const token = newInvitationToken();
  const row = await changingRoles(scope, place, async (tx) => {
    await requireRank(tx, place, [role]);
    const renewed = { tokenHash: tokenHash(token), expiresAt: daysFrom(tx.now()), by: actorId(tx) };
    if ((await tx.db.run(renewInvitation(invitationId, renewed))) === 0) {
      throw closed();
    }
    await noteOnPlace(tx, place, {
      act: "workspaces.invitation-renewed",
      target: { kind: "invitation", id: invitationId },
      details: { role, expiresAt: renewed.expiresAt },
    });
    return tx.db.one<InvitationWithPlace>(invitationByToken(renewed.tokenHash));
  });
  return handOut(scope, row, token);
}

/** Withdraws an invitation. Problems: those of `allow`, `workspaces.invitation-closed`. */
export async function revokeInvitation(scope: Scope, invitationId: string): Promise<void> {
  const { place } = await managedInvitation(scope, invitationId);
  await inTransaction(scope, async (tx) => {
    if ((await tx.db.run(revokeInvitationRow(invitationId, tx.now()))) === 0) {
      throw closed();
    }
    await noteOnPlace(tx, place, {
      act: "workspaces.invitation-revoked",
      target: { kind: "invitation", id: invitationId },
    });
  });
}

async function managedInvitation(
  scope: Scope,
  id: string,
): Promise<{ readonly role: RoleName; readonly place: Place }> {
  requireTokenScope(scope, "collaborators.manage");
  const row = isId("inv", id) ? await scope.db.maybe<InvitationRow>(invitationById(id)) : undefined;
  if (row === undefined) {
    throw notFound();
  }
  const place = placeOf(row);
  await allow(scope, "collaborators.manage", place);
  return { role: row.role, place };
}

async function handOut(
  scope: Scope,
  row: InvitationWithPlace,
  token: string,
): Promise<MadeInvitation> {
  const url = invitationUrl(scope.config.publicUrl, token);
  const mailed = row.email !== null && (await mailInvitation(scope, row, url));
  return { ...row, token, url, mailed };
}

function daysFrom(now: Date): Date {
  return new Date(now.getTime() + INVITATION_DAYS * 24 * 3_600_000);
}

function closed(): Problem {
  return new Problem("conflict", "workspaces.invitation-closed", {
    message: "The invitation has been accepted or withdrawn; make a new one.",
  });
}
