import { sql, type Sql } from "#kernel";

export type OneTimePurpose = "reset-password" | "verify-email" | "second-factor";

export interface OneTimeRow {
  readonly userId: string;
  readonly usedAt: Date | null;
  readonly expiresAt: Date;
}

export const insertOneTimeToken = (token: {
  readonly hash: Buffer;
  readonly purpose: OneTimePurpose;
  readonly userId: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}): Sql => sql`
  insert into identity.one_time_tokens (hash, purpose, user_id, issued_at, expires_at)
  values (${token.hash}, ${token.purpose}, ${token.userId}, ${token.issuedAt}, ${token.expiresAt})`;

export const lockOneTimeToken = (hash: Buffer, purpose: OneTimePurpose): Sql => sql`
  select user_id as "userId", used_at as "usedAt", expires_at as "expiresAt"
  from identity.one_time_tokens where hash = ${hash} and purpose = ${purpose} for update`;

export const useOneTimeTokens = (userId: string, purpose: OneTimePurpose, now: Date): Sql => sql`
  update identity.one_time_tokens set used_at = ${now}
  where user_id = ${userId} and purpose = ${purpose} and used_at is null`;
