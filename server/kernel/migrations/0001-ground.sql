-- Text as people sort it: ignoring case, by the rules of the Unicode root locale. Ties are broken by code point where it is used.
create collation kernel.natural_ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);

-- The change log: one row a change, written in the transaction of the change itself. Readers hold a cursor (base_id, txn).
-- Partitioned by week; a partition is dropped whole when it is older than the setting says.
create table kernel.events (
  base_id text collate "C" not null,
  txn bigint not null,
  seq integer not null,
  at timestamptz not null,
  name text not null,
  table_id text collate "C",
  record_ids text[] collate "C" not null default '{}',
  field_ids text[] collate "C" not null default '{}',
  body json,
  actor_id text collate "C",
  source text not null,
  request_id text,
  cause text[] not null default '{}'
) partition by range (at);
create index events_by_txn on kernel.events (base_id, txn, seq);
create table kernel.events_rest partition of kernel.events default;

-- What other processes have cached and must drop: rare changes only (roles, revocations, schemas).
create table kernel.signals (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  topic text not null,
  key text not null
);

-- Answers of keyed writes, kept for 24 hours. The row is written in the transaction of the write.
create table kernel.idempotency_keys (
  principal text collate "C" not null,
  key text not null,
  request_hash text not null,
  status integer not null,
  headers json not null,
  body text not null,
  created_at timestamptz not null,
  primary key (principal, key)
);
create index idempotency_keys_by_age on kernel.idempotency_keys (created_at);

-- Facts about the instance that are made once, such as "the sample base was seeded".
create table kernel.facts (
  name text primary key,
  value json not null,
  at timestamptz not null default now()
);
