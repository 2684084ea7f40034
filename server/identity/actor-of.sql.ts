import { sql, type Sql } from "#kernel";

export interface SessionActorRow {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  readonly admin: boolean;
}

export interface KeyActorRow extends SessionActorRow {
  readonly keyId: string;
  readonly scopes: readonly string[];
  readonly bases: readonly string[] | null;
  readonly workspaces: readonly string[] | null;
  readonly origins: readonly string[] | null;
  readonly expiresAt: Date | null;
}

export const actorOfSession = (sessionId: string, now: Date): Sql => sql`
  select u.id as "userId", u.email, u.name, u.admin
  from identity.sessions s join identity.users u on u.id = s.user_id
  where s.id = ${sessionId} and s.ended_at is null and s.expires_at > ${now}
    and u.disabled_at is null and u.deleted_at is null`;

export const actorOfKey = (hash: Buffer, now: Date): Sql => sql`
  select u.id as "userId", u.email, u.name, u.admin, k.id as "keyId", k.scopes, k.bases, k.workspaces, k.origins,
    k.expires_at as "expiresAt"
  from identity.api_keys k join identity.users u on u.id = k.user_id
  where k.hash = ${hash} and k.revoked_at is null and (k.expires_at is null or k.expires_at > ${now})
    and u.disabled_at is null and u.deleted_at is null`;
