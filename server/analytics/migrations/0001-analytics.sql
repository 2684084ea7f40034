-- Product events as clients send them, in partitions by the UTC day of `at`, made ahead and dropped whole. `workspace_id` is
-- empty for events of the instance. Each partition has a unique index on (workspace_id, id) of its own: PostgreSQL cannot
-- have one over all of them.
create table analytics.events (
  workspace_id text collate "C" not null,
  id text collate "C" not null,
  name text collate "C" not null,
  -- When it happened: the client's time where that can be believed, else ours.
  at timestamptz not null,
  received_at timestamptz not null,
  client_time timestamptz,
  -- Why the client's time is not `at`.
  clock text check (clock in ('late', 'early')),
  user_id text collate "C",
  anonymous_id text collate "C",
  session_id text collate "C",
  properties jsonb,
  -- Who sent it: a user of the instance, and the key if it was one.
  sender_id text collate "C" not null,
  key_id text collate "C"
) partition by range (at);
create index events_by_name on analytics.events (workspace_id, name, at);

-- Workspaces that keep their events for less long than the instance.
create table analytics.policies (
  workspace_id text collate "C" primary key,
  keep_days integer not null check (keep_days > 0)
);

-- What callers used, by day and by month; empty texts where there is none.
create table analytics.usage (
  period text not null check (period in ('day', 'month')),
  starts date not null,
  workspace_id text collate "C" not null,
  base_id text collate "C" not null,
  user_id text collate "C" not null,
  key_id text collate "C" not null,
  reads bigint not null,
  writes bigint not null,
  failures bigint not null,
  bytes_in bigint not null,
  bytes_out bigint not null,
  primary key (period, starts, workspace_id, base_id, user_id, key_id)
);
create index usage_by_workspace on analytics.usage (workspace_id, period, starts);
create index usage_by_user on analytics.usage (user_id, period, starts);

-- The same added up by workspace and resource: what quotas are held against.
create table analytics.totals (
  period text not null check (period in ('day', 'month')),
  starts date not null,
  workspace_id text collate "C" not null,
  resource text not null,
  used bigint not null,
  primary key (workspace_id, period, starts, resource)
);
create index totals_by_use on analytics.totals (period, starts, resource, used);

-- What a base holds, counted now and then; `txn` is the transaction of the base up to which the change log is in `records`.
create table analytics.held (
  base_id text collate "C" primary key,
  workspace_id text collate "C" not null,
  records bigint not null,
  storage bigint not null,
  txn bigint not null,
  measured_at timestamptz not null
);
create index held_by_workspace on analytics.held (workspace_id);

create table analytics.quotas (
  workspace_id text collate "C" not null,
  resource text not null,
  period text not null check (period in ('day', 'month', 'now')),
  quota bigint not null check (quota >= 0),
  enforce boolean not null,
  set_by text collate "C",
  set_at timestamptz not null,
  primary key (workspace_id, resource, period)
);

-- One row each time that a threshold of a quota was crossed. For what is held, `ended_at` says when it was below again.
create table analytics.alerts (
  id bigint generated always as identity primary key,
  workspace_id text collate "C" not null,
  resource text not null,
  period text not null,
  starts date,
  threshold integer not null,
  quota bigint not null,
  used bigint not null,
  at timestamptz not null,
  ended_at timestamptz,
  mailed_at timestamptz,
  mail_tries integer not null default 0,
  mail_after timestamptz not null
);
create unique index alerts_once on analytics.alerts
  (workspace_id, resource, period, (coalesce(starts, '-infinity'::date)), threshold, quota) where ended_at is null;
create index alerts_to_mail on analytics.alerts (mail_after) where mailed_at is null;
