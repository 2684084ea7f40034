import type { RoleName } from "@basalt/contract";
import { empty, sql, type Sql } from "#kernel";
import type { Place } from "../access/access.ts";
import { onPlace, placeValues } from "../members/roles.sql.ts";

export interface InvitationRow {
  readonly id: string;
  readonly workspaceId: string | null;
  readonly baseId: string | null;
  readonly role: RoleName;
  /** Null for a link. */
  readonly email: string | null;
  readonly message: string;
  readonly createdAt: Date;
  readonly createdBy: string | null;
  readonly expiresAt: Date;
  readonly acceptedAt: Date | null;
  readonly acceptedBy: string | null;
  readonly revokedAt: Date | null;
  readonly uses: number;
}

/** With the names that somebody who is not in yet may see. */
export interface InvitationWithPlace extends InvitationRow {
  readonly workspaceName: string | null;
  readonly baseName: string | null;
  /** The place, or what it is in, is in the trash. */
  readonly isAway: boolean;
}

const columns = sql`i.id, i.workspace_id as "workspaceId", i.base_id as "baseId", i.role, i.email, i.message,
  i.created_at as "createdAt", i.created_by as "createdBy", i.expires_at as "expiresAt", i.accepted_at as "acceptedAt",
  i.accepted_by as "acceptedBy", i.revoked_at as "revokedAt",
  (select count(*)::int from workspaces.invitation_uses u where u.invitation_id = i.id) as uses`;

export interface InvitationToInsert {
  readonly id: string;
  readonly role: RoleName;
  readonly email: string | null;
  readonly message: string;
  readonly tokenHash: Buffer;
  readonly createdAt: Date;
  readonly createdBy: string | null;
  readonly expiresAt: Date;
}

export const insertInvitation = (place: Place, invitation: InvitationToInsert): Sql => sql`
  insert into workspaces.invitations
    (workspace_id, base_id, id, role, email, message, token_hash, created_at, created_by, expires_at)
  values (${placeValues(place)}, ${invitation.id}, ${invitation.role}, ${invitation.email}, ${invitation.message},
    ${invitation.tokenHash}, ${invitation.createdAt}, ${invitation.createdBy}, ${invitation.expiresAt})`;

export const invitationById = (id: string): Sql =>
  sql`select ${columns} from workspaces.invitations i where i.id = ${id}`;

const withPlace = sql`
  select ${columns}, coalesce(w.name, wb.name) as "workspaceName", b.name as "baseName",
    (coalesce(w.deleted_at, b.deleted_at, wb.deleted_at) is not null) as "isAway"
  from workspaces.invitations i
  left join workspaces.workspaces w on w.id = i.workspace_id
  left join workspaces.bases b on b.id = i.base_id
  left join workspaces.workspaces wb on wb.id = b.workspace_id`;

export const invitationByToken = (tokenHash: Buffer): Sql =>
  sql`${withPlace} where i.token_hash = ${tokenHash}`;

/** Holds the row, so that an invitation for one is accepted by one. */
export const lockInvitation = (tokenHash: Buffer): Sql => sql`
  select id from workspaces.invitations where token_hash = ${tokenHash} for update`;

/** Newest first. */
export const invitationsOn = (place: Place, after: string | undefined, limit: number): Sql => sql`
  select ${columns} from workspaces.invitations i
  where ${onPlace(place)}
    ${after === undefined ? empty : sql`and i.position < (select position from workspaces.invitations where id = ${after})`}
  order by i.position desc limit ${limit}`;

/** Open links of the place, for everybody who may see its collaborators. */
export const openInvitationsOn = (place: Place, now: Date, limit: number): Sql => sql`
  select ${columns} from workspaces.invitations i
  where ${onPlace(place)} and i.revoked_at is null and i.accepted_at is null and i.expires_at > ${now}
  order by i.position limit ${limit}`;

/** A new invitation to the same address takes the place of the open ones. */
export const revokeOpenFor = (place: Place, email: string, at: Date): Sql => sql`
  update workspaces.invitations set revoked_at = ${at}
  where ${onPlace(place)} and lower(email) = lower(${email}) and accepted_at is null and revoked_at is null`;

export const revokeInvitationRow = (id: string, at: Date): Sql => sql`
  update workspaces.invitations set revoked_at = ${at} where id = ${id} and accepted_at is null and revoked_at is null`;

export const renewInvitation = (
  id: string,
  renewed: { readonly tokenHash: Buffer; readonly expiresAt: Date; readonly by: string | null },
): Sql => sql`
  update workspaces.invitations
  set token_hash = ${renewed.tokenHash}, expires_at = ${renewed.expiresAt}, created_by = ${renewed.by}
  where id = ${id} and accepted_at is null and revoked_at is null`;

export const noteUse = (id: string, userId: string, at: Date): Sql => sql`
  insert into workspaces.invitation_uses (invitation_id, user_id, used_at) values (${id}, ${userId}, ${at})
  on conflict do nothing`;

export const noteAccepted = (id: string, userId: string, at: Date): Sql => sql`
  update workspaces.invitations set accepted_at = ${at}, accepted_by = ${userId} where id = ${id}`;

export const deleteOldInvitations = (before: Date): Sql => sql`
  delete from workspaces.invitations where least(expires_at, accepted_at, revoked_at) < ${before}`;
