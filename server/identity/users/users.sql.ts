import { sql, type Sql } from "#kernel";

export interface UserRow {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly admin: boolean;
  readonly createdAt: Date;
  readonly verifiedAt: Date | null;
  readonly disabledAt: Date | null;
  readonly twoFactor: boolean;
}

export interface SignInRow extends UserRow {
  readonly passwordHash: string | null;
}

export interface NewUserRow {
  readonly id: string;
  readonly email: string;
  readonly emailKey: string;
  readonly name: string;
  readonly passwordHash: string | null;
  readonly admin: boolean;
  readonly createdAt: Date;
  readonly verifiedAt: Date | null;
}

const columns = sql`
  u.id, u.email, u.name, u.admin, u.created_at as "createdAt", u.verified_at as "verifiedAt",
  u.disabled_at as "disabledAt", (f.confirmed_at is not null) as "twoFactor"`;
const tables = sql`identity.users u left join identity.second_factors f on f.user_id = u.id`;

/** Fixed number that first registrations queue under: "the first user" happens once. */
const FIRST_USER_LOCK = 4_270_312;

export const lockFirstUser = (): Sql => sql`select pg_advisory_xact_lock(${FIRST_USER_LOCK})`;
export const anyUser = (): Sql => sql`select exists (select 1 from identity.users) as found`;

export const anyAdministrator = (): Sql => sql`
  select exists (
    select 1 from identity.users where admin and disabled_at is null and deleted_at is null
  ) as found`;

/** Inserts those whose e-mail is free; answers the ids that were made. */
export const insertUsers = (users: readonly NewUserRow[]): Sql => sql`
  insert into identity.users (id, email, email_key, name, password_hash, admin, created_at, verified_at)
  select id, email, email_key, name, password_hash, admin, created_at, verified_at
  from json_to_recordset(${JSON.stringify(
    users.map((user) => ({
      id: user.id,
      email: user.email,
      email_key: user.emailKey,
      name: user.name,
      password_hash: user.passwordHash,
      admin: user.admin,
      created_at: user.createdAt,
      verified_at: user.verifiedAt,
    })),
  )}::json) as n(id text, email text, email_key text, name text, password_hash text, admin boolean,
    created_at timestamptz, verified_at timestamptz)
  on conflict (email_key) where deleted_at is null do nothing
  returning id`;

export const userById = (id: string): Sql =>
  sql`select ${columns} from ${tables} where u.id = ${id} and u.deleted_at is null`;

export const userForSignIn = (key: string): Sql => sql`
  select ${columns}, u.password_hash as "passwordHash" from ${tables} where u.email_key = ${key} and u.deleted_at is null`;

export const userWithPassword = (id: string): Sql => sql`
  select ${columns}, u.password_hash as "passwordHash" from ${tables} where u.id = ${id} and u.deleted_at is null`;

/** A user who may act, for tokens that act once. */
export const lockActiveUser = (id: string): Sql => sql`
  select u.id, u.email from identity.users u
  where u.id = ${id} and u.deleted_at is null and u.disabled_at is null for update`;

export const usersPage = (page: {
  readonly after: { readonly createdAt: Date; readonly id: string } | undefined;
  readonly containing: string | undefined;
  readonly limit: number;
}): Sql => sql`
  select ${columns} from ${tables}
  where u.deleted_at is null
    and (u.created_at, u.id) > (${page.after?.createdAt ?? new Date(0)}::timestamptz, ${page.after?.id ?? ""}::text)
    and (${page.containing ?? null}::text is null
      or strpos(u.email_key, ${page.containing?.toLowerCase() ?? null}::text) > 0
      or strpos(lower(u.name), ${page.containing?.toLowerCase() ?? null}::text) > 0)
  order by u.created_at, u.id
  limit ${page.limit}`;

export const profilesByIds = (ids: readonly string[]): Sql => sql`
  select id, email, name from identity.users where id = any(${ids}::text[])`;

export const activeUserIds = (ids: readonly string[]): Sql => sql`
  select id from identity.users
  where id = any(${ids}::text[]) and deleted_at is null and disabled_at is null`;

export const profilesByEmails = (keys: readonly string[]): Sql => sql`
  select id, email, name, email_key as "emailKey" from identity.users
  where email_key = any(${keys}::text[]) and deleted_at is null`;

export const setPassword = (id: string, passwordHash: string): Sql => sql`
  update identity.users set password_hash = ${passwordHash} where id = ${id}`;

export const setVerified = (id: string, now: Date): Sql => sql`
  update identity.users set verified_at = coalesce(verified_at, ${now}) where id = ${id}`;

export const updateUserRow = (
  id: string,
  change: {
    readonly name?: string | undefined;
    readonly admin?: boolean | undefined;
    readonly disabled?: boolean | undefined;
  },
  now: Date,
): Sql => sql`
  update identity.users set
    name = coalesce(${change.name ?? null}::text, name),
    admin = coalesce(${change.admin ?? null}::boolean, admin),
    disabled_at = case ${change.disabled ?? null}::boolean
      when true then coalesce(disabled_at, ${now}::timestamptz) when false then null else disabled_at end
  where id = ${id} and deleted_at is null`;

export const deleteUserRow = (id: string, now: Date): Sql => sql`
  update identity.users set deleted_at = ${now}, password_hash = null where id = ${id} and deleted_at is null`;
