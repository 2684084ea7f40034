-- Which processes serve this database. A process writes its row each second; after a crash of the server they write themselves
-- down again, so the rows need no log.
create unlogged table kernel.processes (
  id text collate "C" primary key,
  roles text[] collate "C" not null,
  version text not null,
  address text not null,
  started_at timestamptz not null,
  seen_at timestamptz not null
);
