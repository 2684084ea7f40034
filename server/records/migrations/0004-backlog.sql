-- Rows whose computed fields are still to be computed, because there were too many for the transaction that changed what they
-- read. Worked off in order of level; a row is removed in the transaction that has done it.
create table records.backlog (
  id bigint generated always as identity primary key,
  base_id text collate "C" not null references records.bases (id) on delete cascade,
  table_id text collate "C" not null,
  level integer not null,
  field_ids text[] collate "C" not null,
  -- Null stands for all rows after `done_to`, in order of their ids.
  record_ids text[] collate "C",
  done_to text collate "C" not null default '',
  since_txn bigint not null
);
create index backlog_by_base on records.backlog (base_id, level, id);

-- When a computed field was last computed apart from the writes of its own records, and in how many rows.
create table records.recomputes (
  field_id text collate "C" primary key references records.fields (id) on delete cascade,
  at timestamptz not null,
  txn bigint not null,
  rows bigint not null,
  took_ms double precision not null
);
