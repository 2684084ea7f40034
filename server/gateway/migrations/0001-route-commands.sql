-- What an operator, or an automatic step, last said about a route of the gateway file. It counts while the file says of the
-- route's targets what it said then (`fingerprint`). Who said it and what it was before is in the acts.
create table gateway.route_commands (
  route text collate "C" primary key,
  weights jsonb not null,
  fingerprint text collate "C" not null,
  paused boolean not null,
  reason text not null,
  changed_at timestamptz not null,
  changed_by text collate "C" not null,
  revision bigint not null
);
