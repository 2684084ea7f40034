-- What each user opened last: one row a user and table (or base), so it stays small.
create table records.recent (
  user_id text collate "C" not null,
  base_id text collate "C" not null,
  -- Empty where the base itself was opened.
  table_id text collate "C" not null,
  view_id text collate "C",
  at timestamptz not null,
  primary key (user_id, base_id, table_id)
);
create index recent_by_time on records.recent (user_id, at desc);
