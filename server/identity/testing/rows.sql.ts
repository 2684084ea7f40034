import { sql, type Sql } from "#kernel";

/** Everything that is kept of a key, as text. */
export const keyRows = (keyId: string): Sql => sql`
  select k.id, encode(k.hash, 'hex'), k.name, k.mask from identity.api_keys k where k.id = ${keyId}`;

/** Everything that is kept of somebody's second factor, as text. */
export const factorRows = (userId: string): Sql => sql`
  select encode(f.secret, 'escape'), encode(b.hash, 'escape')
  from identity.second_factors f join identity.backup_codes b on b.user_id = f.user_id where f.user_id = ${userId}`;

/** Rows in the tables that are swept. */
export const sweptRows = (): Sql => sql`
  select (select count(*) from identity.sessions) + (select count(*) from identity.refresh_tokens)
    + (select count(*) from identity.one_time_tokens) + (select count(*) from identity.sign_in_attempts) as count`;
