-- One row a base, locked by every write of that base: it numbers the base's transactions without gaps.
-- Kept apart from names and members, and loosely filled, so that each update stays in its page.
create table records.bases (
  id text collate "C" primary key,
  txn bigint not null default 0,
  schema_version bigint not null default 1
) with (fillfactor = 10);

create table records.tables (
  id text collate "C" primary key,
  base_id text collate "C" not null references records.bases (id) on delete cascade,
  name text not null,
  name_key text collate "C" not null,
  description text,
  primary_field_id text collate "C" not null,
  position integer not null,
  created_at timestamptz not null
);
create unique index tables_by_name on records.tables (base_id, name_key);

create table records.fields (
  id text collate "C" primary key,
  base_id text collate "C" not null references records.bases (id) on delete cascade,
  table_id text collate "C" not null references records.tables (id) on delete cascade,
  name text not null,
  name_key text collate "C" not null,
  type text not null,
  options jsonb not null default '{}',
  description text,
  position integer not null,
  created_at timestamptz not null
);
create unique index fields_by_name on records.fields (table_id, name_key);

create table records.views (
  id text collate "C" primary key,
  base_id text collate "C" not null references records.bases (id) on delete cascade,
  table_id text collate "C" not null references records.tables (id) on delete cascade,
  name text not null,
  name_key text collate "C" not null,
  type text not null,
  options jsonb not null default '{}',
  personal_for_user_id text collate "C",
  position integer not null,
  created_at timestamptz not null
);
create unique index views_by_name on records.views (table_id, name_key);

create table records.comments (
  id text collate "C" primary key,
  base_id text collate "C" not null references records.bases (id) on delete cascade,
  table_id text collate "C" not null references records.tables (id) on delete cascade,
  record_id text collate "C" not null,
  parent_id text collate "C" references records.comments (id) on delete set null,
  author_id text collate "C" not null,
  text text not null,
  mentioned jsonb not null default '{}',
  created_time timestamptz not null,
  updated_time timestamptz
);
create index comments_by_record on records.comments (table_id, record_id, created_time desc, id);

-- The order of a sorted listing, fixed at its first page, so that later pages neither repeat nor skip.
create table records.iterators (
  id text collate "C" primary key,
  base_id text collate "C" not null,
  table_id text collate "C" not null,
  query_hash text not null,
  record_ids text[] collate "C" not null,
  created_at timestamptz not null
);
create index iterators_by_age on records.iterators (created_at);

-- Locks the base's row and gives the next numbers; the error tells a writer that it worked from an old schema.
create function records.take_txn(base text, calls integer, version bigint) returns bigint
language plpgsql as $$
declare
  last bigint;
  current bigint;
begin
  update records.bases set txn = txn + calls where id = base returning txn, schema_version into last, current;
  if last is null then
    raise exception 'no such base' using errcode = 'BS002';
  end if;
  if version <> 0 and current <> version then
    raise exception 'the schema has moved on' using errcode = 'BS001';
  end if;
  return last;
end
$$;
