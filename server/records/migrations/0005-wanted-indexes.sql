-- When somebody last wanted an index that was made for a field: a view, or an upsert. What nobody has wanted for long is dropped.
create table records.wanted_indexes (
  base_id text collate "C" not null references records.bases (id) on delete cascade,
  name text collate "C" not null,
  wanted_at timestamptz not null,
  primary key (base_id, name)
);
