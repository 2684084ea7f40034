-- What the trash is being emptied of: from then on it cannot be taken out again. On a base also when a process began with it,
-- so that another takes over what was interrupted.
alter table workspaces.workspaces add column purging_at timestamptz;
alter table workspaces.bases add column purging_at timestamptz;
create index workspaces_in_trash on workspaces.workspaces (deleted_at) where deleted_at is not null;
create index bases_in_trash on workspaces.bases (deleted_at) where deleted_at is not null;
