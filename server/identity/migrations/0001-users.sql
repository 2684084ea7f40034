create table identity.users (
  id text collate "C" primary key,
  email text not null,
  -- The e-mail as it is compared: NFC, lower case.
  email_key text collate "C" not null,
  name text not null,
  -- Argon2id in PHC form; null = no password yet (made in bulk or by invitation), so no sign-in with one.
  password_hash text,
  admin boolean not null default false,
  created_at timestamptz not null,
  verified_at timestamptz,
  disabled_at timestamptz,
  -- The row stays, so that records can name who made them; the e-mail is free again.
  deleted_at timestamptz
);
create unique index users_by_email on identity.users (email_key) where deleted_at is null;
create index users_in_order on identity.users (created_at, id);

-- One sign-in on one device: the family that its refresh tokens belong to.
create table identity.sessions (
  id text collate "C" primary key,
  user_id text collate "C" not null references identity.users on delete cascade,
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  address text not null,
  user_agent text not null
);
create index sessions_by_user on identity.sessions (user_id, last_used_at) where ended_at is null;
create index sessions_by_end on identity.sessions (expires_at);

-- Each is used once; a second use ends the session.
create table identity.refresh_tokens (
  hash bytea primary key,
  session_id text collate "C" not null references identity.sessions on delete cascade,
  issued_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index refresh_tokens_by_session on identity.refresh_tokens (session_id);
create index refresh_tokens_by_end on identity.refresh_tokens (expires_at);

create table identity.api_keys (
  id text collate "C" primary key,
  -- SHA-256 of the whole key.
  hash bytea not null unique,
  user_id text collate "C" not null references identity.users on delete cascade,
  name text not null,
  -- First 8 and last 4 characters: what is shown after the first time.
  mask text not null,
  scopes text[] not null,
  -- Null = not restricted; if both are null, the key reaches what its user reaches.
  bases text[],
  workspaces text[],
  created_at timestamptz not null,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz
);
create index api_keys_by_user on identity.api_keys (user_id, created_at) where revoked_at is null;

-- Links that act once: reset a password, verify an e-mail, finish a sign-in.
create table identity.one_time_tokens (
  hash bytea primary key,
  purpose text not null check (purpose in ('reset-password', 'verify-email', 'second-factor')),
  user_id text collate "C" not null references identity.users on delete cascade,
  issued_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index one_time_tokens_by_user on identity.one_time_tokens (user_id, purpose);
create index one_time_tokens_by_end on identity.one_time_tokens (expires_at);

-- Counters of failures, by account (also of accounts that do not exist) and by address. The subject is a hash.
create table identity.sign_in_attempts (
  kind text not null,
  subject text collate "C" not null,
  failures integer not null,
  window_at timestamptz not null,
  last_at timestamptz not null,
  -- How often in a row it was locked: each lock is twice as long as the one before.
  locks integer not null,
  locked_until timestamptz,
  primary key (kind, subject)
);
create index sign_in_attempts_by_age on identity.sign_in_attempts (last_at);

create table identity.second_factors (
  user_id text collate "C" primary key references identity.users on delete cascade,
  -- AES-256-GCM under a key made from the root secret.
  secret bytea not null,
  created_at timestamptz not null,
  confirmed_at timestamptz,
  -- The time step of the last code that was taken: a code counts once.
  last_step bigint not null default 0
);

create table identity.backup_codes (
  user_id text collate "C" not null references identity.users on delete cascade,
  -- HMAC-SHA-256 under a key made from the root secret: eight characters alone could be guessed from a plain hash.
  hash bytea not null,
  used_at timestamptz,
  primary key (user_id, hash)
);
