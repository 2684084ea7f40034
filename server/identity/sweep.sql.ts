import { sql, type Sql } from "#kernel";

export const deleteOldSessions = (before: Date): Sql => sql`
  delete from identity.sessions where expires_at < ${before} or ended_at < ${before}`;

export const deleteOldRefreshTokens = (before: Date): Sql =>
  sql`delete from identity.refresh_tokens where expires_at < ${before}`;

export const deleteOldOneTimeTokens = (before: Date): Sql =>
  sql`delete from identity.one_time_tokens where expires_at < ${before}`;

export const deleteOldAttempts = (before: Date): Sql =>
  sql`delete from identity.sign_in_attempts where last_at < ${before}`;
