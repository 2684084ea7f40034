import { sql, type Sql } from "#kernel";

export interface SessionRow {
  readonly id: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
  readonly address: string;
  readonly userAgent: string;
}

export const insertSession = (session: SessionRow & { readonly userId: string }): Sql => sql`
  insert into identity.sessions (id, user_id, created_at, last_used_at, expires_at, address, user_agent)
  values (${session.id}, ${session.userId}, ${session.createdAt}, ${session.lastUsedAt}, ${session.expiresAt},
    ${session.address}, ${session.userAgent})`;

export const sessionsOf = (userId: string, now: Date): Sql => sql`
  select id, created_at as "createdAt", last_used_at as "lastUsedAt", expires_at as "expiresAt", address,
    user_agent as "userAgent"
  from identity.sessions
  where user_id = ${userId} and ended_at is null and expires_at > ${now}
  order by last_used_at desc, id`;

export const endSessionOf = (userId: string, sessionId: string, now: Date): Sql => sql`
  update identity.sessions set ended_at = ${now}
  where id = ${sessionId} and user_id = ${userId} and ended_at is null and expires_at > ${now}`;

export const endSessionsOf = (userId: string, but: string | null, now: Date): Sql => sql`
  update identity.sessions set ended_at = ${now}
  where user_id = ${userId} and ended_at is null and expires_at > ${now} and id is distinct from ${but}::text`;

/** Ends the sessions beyond the newest ones. */
export const endOldestSessionsOf = (userId: string, kept: number, now: Date): Sql => sql`
  update identity.sessions set ended_at = ${now}
  where id in (
    select id from identity.sessions
    where user_id = ${userId} and ended_at is null and expires_at > ${now}
    order by last_used_at desc, id offset ${kept}
  )`;

export const insertRefreshToken = (token: {
  readonly hash: Buffer;
  readonly sessionId: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}): Sql => sql`
  insert into identity.refresh_tokens (hash, session_id, issued_at, expires_at)
  values (${token.hash}, ${token.sessionId}, ${token.issuedAt}, ${token.expiresAt})`;

export interface RefreshRow {
  readonly sessionId: string;
  readonly userId: string;
  readonly usedAt: Date | null;
  readonly expiresAt: Date;
  readonly sessionExpiresAt: Date;
  readonly endedAt: Date | null;
}

export const lockRefreshToken = (hash: Buffer): Sql => sql`
  select t.session_id as "sessionId", s.user_id as "userId", t.used_at as "usedAt", t.expires_at as "expiresAt",
    s.expires_at as "sessionExpiresAt", s.ended_at as "endedAt"
  from identity.refresh_tokens t join identity.sessions s on s.id = t.session_id
  where t.hash = ${hash} for update`;

export const useRefreshToken = (hash: Buffer, now: Date): Sql => sql`
  update identity.refresh_tokens set used_at = ${now} where hash = ${hash}`;

export const touchSession = (sessionId: string, now: Date): Sql => sql`
  update identity.sessions set last_used_at = ${now} where id = ${sessionId}`;
