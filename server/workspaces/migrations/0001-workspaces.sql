-- A tenant: members, bases, budgets. `deleted_at` is the trash: everything below it answers as if it were not there.
create table workspaces.workspaces (
  id text collate "C" primary key,
  -- The order in which lists show it.
  position bigint generated always as identity unique,
  name text not null check (length(name) between 1 and 255),
  description text not null default '',
  created_at timestamptz not null,
  created_by text collate "C",
  deleted_at timestamptz,
  deleted_by text collate "C"
);

-- The registry of bases: which there are, whose they are, what they are called. What is in them belongs to the records engine.
create table workspaces.bases (
  id text collate "C" primary key,
  position bigint generated always as identity unique,
  workspace_id text collate "C" not null references workspaces.workspaces (id),
  name text not null check (length(name) between 1 and 255),
  description text not null default '',
  color text,
  icon text,
  created_at timestamptz not null,
  created_by text collate "C",
  deleted_at timestamptz,
  deleted_by text collate "C"
);
create index bases_by_workspace on workspaces.bases (workspace_id, position);

-- Who has which role on which place: a workspace or a single base.
create table workspaces.roles (
  workspace_id text collate "C" references workspaces.workspaces (id) on delete cascade,
  base_id text collate "C" references workspaces.bases (id) on delete cascade,
  user_id text collate "C" not null,
  role text not null check (role in ('owner', 'creator', 'editor', 'commenter', 'read-only')),
  given_at timestamptz not null,
  given_by text collate "C",
  check (num_nonnulls(workspace_id, base_id) = 1)
);
create unique index roles_of_workspace on workspaces.roles (workspace_id, user_id) where workspace_id is not null;
create unique index roles_of_base on workspaces.roles (base_id, user_id) where base_id is not null;
create index roles_of_user on workspaces.roles (user_id);

-- Exceptions for one person, each with its reason and, if wanted, its end. A denial without actions shuts out.
create table workspaces.grants (
  id text collate "C" primary key,
  position bigint generated always as identity unique,
  workspace_id text collate "C" references workspaces.workspaces (id) on delete cascade,
  base_id text collate "C" references workspaces.bases (id) on delete cascade,
  user_id text collate "C" not null,
  effect text not null check (effect in ('allow', 'deny')),
  role text check (role in ('owner', 'creator', 'editor', 'commenter', 'read-only')),
  actions text[] collate "C" not null default '{}',
  reason text not null,
  expires_at timestamptz,
  created_at timestamptz not null,
  created_by text collate "C",
  check (num_nonnulls(workspace_id, base_id) = 1),
  check (effect = 'deny' or (role is null) <> (cardinality(actions) = 0)),
  check (effect = 'allow' or role is null)
);
create index grants_of_user on workspaces.grants (user_id);
create index grants_of_workspace on workspaces.grants (workspace_id, position) where workspace_id is not null;
create index grants_of_base on workspaces.grants (base_id, position) where base_id is not null;

-- With an address: for that person, once. Without: a link that anybody who has it may use, each person once.
create table workspaces.invitations (
  id text collate "C" primary key,
  position bigint generated always as identity unique,
  workspace_id text collate "C" references workspaces.workspaces (id) on delete cascade,
  base_id text collate "C" references workspaces.bases (id) on delete cascade,
  role text not null check (role in ('owner', 'creator', 'editor', 'commenter', 'read-only')),
  email text,
  message text not null default '',
  token_hash bytea not null unique,
  created_at timestamptz not null,
  created_by text collate "C",
  expires_at timestamptz not null,
  accepted_at timestamptz,
  accepted_by text collate "C",
  revoked_at timestamptz,
  check (num_nonnulls(workspace_id, base_id) = 1)
);
create index invitations_of_workspace on workspaces.invitations (workspace_id, position) where workspace_id is not null;
create index invitations_of_base on workspaces.invitations (base_id, position) where base_id is not null;

-- Who used a link, so that somebody who was removed does not come back by it.
create table workspaces.invitation_uses (
  invitation_id text collate "C" not null references workspaces.invitations (id) on delete cascade,
  user_id text collate "C" not null,
  used_at timestamptz not null,
  primary key (invitation_id, user_id)
);
