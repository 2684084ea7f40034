import { sql, type Sql } from "#kernel";

export interface SecondFactorRow {
  readonly secret: Buffer;
  readonly confirmedAt: Date | null;
  readonly lastStep: number;
}

/** Begins anew; a factor that is on stays as it is and gives no row. */
export const beginSecondFactor = (userId: string, secret: Buffer, now: Date): Sql => sql`
  insert into identity.second_factors as f (user_id, secret, created_at)
  values (${userId}, ${secret}, ${now})
  on conflict (user_id) do update set secret = excluded.secret, created_at = excluded.created_at, last_step = 0
  where f.confirmed_at is null
  returning user_id`;

export const lockSecondFactor = (userId: string): Sql => sql`
  select secret, confirmed_at as "confirmedAt", last_step as "lastStep"
  from identity.second_factors where user_id = ${userId} for update`;

export const confirmSecondFactor = (userId: string, now: Date): Sql => sql`
  update identity.second_factors set confirmed_at = ${now} where user_id = ${userId}`;

export const noteStep = (userId: string, step: number): Sql => sql`
  update identity.second_factors set last_step = ${step} where user_id = ${userId}`;

export const deleteSecondFactor = (userId: string): Sql =>
  sql`delete from identity.second_factors where user_id = ${userId}`;

export const deleteBackupCodes = (userId: string): Sql =>
  sql`delete from identity.backup_codes where user_id = ${userId}`;

export const insertBackupCodes = (userId: string, hashes: readonly Buffer[]): Sql => sql`
  insert into identity.backup_codes (user_id, hash)
  select ${userId}, decode(h, 'hex') from unnest(${hashes.map((hash) => hash.toString("hex"))}::text[]) as h`;

export const useBackupCode = (userId: string, hash: Buffer, now: Date): Sql => sql`
  update identity.backup_codes set used_at = ${now}
  where user_id = ${userId} and hash = ${hash} and used_at is null`;
