import { sql, type Sql } from "#kernel";

export interface ApiKeyRow {
  readonly id: string;
  readonly name: string;
  readonly mask: string;
  readonly scopes: readonly string[];
  readonly bases: readonly string[] | null;
  readonly workspaces: readonly string[] | null;
  readonly origins: readonly string[] | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
}

export interface NewApiKeyRow extends ApiKeyRow {
  readonly hash: Buffer;
  readonly userId: string;
}

export const insertApiKey = (key: NewApiKeyRow): Sql => sql`
  insert into identity.api_keys (id, hash, user_id, name, mask, scopes, bases, workspaces, origins, created_at, expires_at)
  values (${key.id}, ${key.hash}, ${key.userId}, ${key.name}, ${key.mask}, ${key.scopes}::text[], ${key.bases}::text[],
    ${key.workspaces}::text[], ${key.origins}::text[], ${key.createdAt}, ${key.expiresAt})`;

const columns = sql`
  id, name, mask, scopes, bases, workspaces, origins, created_at as "createdAt", expires_at as "expiresAt",
  last_used_at as "lastUsedAt"`;

export const apiKeysOf = (userId: string): Sql => sql`
  select ${columns} from identity.api_keys
  where user_id = ${userId} and revoked_at is null
  order by created_at, id`;

export const apiKeyOf = (userId: string, keyId: string): Sql => sql`
  select ${columns} from identity.api_keys
  where id = ${keyId} and user_id = ${userId} and revoked_at is null`;

/** Serialises the making of keys of one user, so that their number can be bounded. */
export const lockUserForKeys = (userId: string): Sql => sql`
  select (select count(*) from identity.api_keys where user_id = ${userId} and revoked_at is null) as keys
  from identity.users where id = ${userId} and deleted_at is null for update`;

export const revokeApiKeyOf = (userId: string, keyId: string, now: Date): Sql => sql`
  update identity.api_keys set revoked_at = ${now}
  where id = ${keyId} and user_id = ${userId} and revoked_at is null`;

export const revokeApiKeysOf = (userId: string, now: Date): Sql => sql`
  update identity.api_keys set revoked_at = ${now} where user_id = ${userId} and revoked_at is null`;

export const noteKeyUse = (keyIds: readonly string[], at: readonly Date[]): Sql => sql`
  update identity.api_keys k set last_used_at = u.at
  from unnest(${keyIds}::text[], ${at.map((date) => date.toISOString())}::timestamptz[]) as u(id, at)
  where k.id = u.id and (k.last_used_at is null or k.last_used_at < u.at)`;
