import type { RoleName } from "@basalt/contract";
import { empty, sql, type Sql } from "#kernel";

/** A workspace as one user sees it. */
export interface WorkspaceRow {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** The role of whoever asks; null where only a grant lets them in, and for the program itself. */
  readonly role: RoleName | null;
  readonly createdAt: Date;
  readonly createdBy: string | null;
  readonly deletedAt: Date | null;
}

const columns = sql`w.id, w.name, w.description, own.role, w.created_at as "createdAt", w.created_by as "createdBy",
  w.deleted_at as "deletedAt"`;

const withOwnRole = (userId: string | null): Sql => sql`
  left join workspaces.roles own on own.workspace_id = w.id and own.user_id = ${userId}`;

export const insertWorkspace = (workspace: {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly at: Date;
  readonly by: string | null;
}): Sql => sql`
  insert into workspaces.workspaces (id, name, description, created_at, created_by)
  values (${workspace.id}, ${workspace.name}, ${workspace.description}, ${workspace.at}, ${workspace.by})`;

export const workspaceById = (id: string, userId: string | null): Sql => sql`
  select ${columns} from workspaces.workspaces w ${withOwnRole(userId)} where w.id = ${id}`;

/** Which of the visible workspaces, and from where on. */
export interface WorkspacesPage {
  readonly userId: string;
  /** A token narrowed to these; null for all of them. */
  readonly only: readonly string[] | null;
  readonly after: string | undefined;
  readonly limit: number;
  readonly now: Date;
}

const afterWorkspace = (id: string | undefined): Sql =>
  id === undefined
    ? empty
    : sql`and w.position > (select position from workspaces.workspaces where id = ${id})`;

/** By role or by an allowance, and not shut out. */
export const visibleWorkspaces = ({ userId, only, after, limit, now }: WorkspacesPage): Sql => sql`
  select ${columns}
  from (
    select workspace_id as id from workspaces.roles where user_id = ${userId} and workspace_id is not null
    union
    select workspace_id from workspaces.grants
    where user_id = ${userId} and workspace_id is not null and effect = 'allow' and (expires_at is null or expires_at > ${now})
  ) mine
  join workspaces.workspaces w on w.id = mine.id ${withOwnRole(userId)}
  where w.deleted_at is null ${afterWorkspace(after)}
    and (${only}::text[] is null or w.id = any(${only}::text[]))
    and not exists (
      select 1 from workspaces.grants g
      where g.user_id = ${userId} and g.workspace_id = w.id and g.effect = 'deny' and cardinality(g.actions) = 0
        and (g.expires_at is null or g.expires_at > ${now}))
  order by w.position limit ${limit}`;

/** In the trash: for those who may take them out again. */
export const ownedWorkspacesInTrash = ({ userId, only, after, limit }: WorkspacesPage): Sql => sql`
  select ${columns}
  from workspaces.roles own join workspaces.workspaces w on w.id = own.workspace_id
  where own.user_id = ${userId} and own.role = 'owner' and w.deleted_at is not null and w.purging_at is null ${afterWorkspace(after)}
    and (${only}::text[] is null or w.id = any(${only}::text[]))
  order by w.position limit ${limit}`;

/** For the program itself. */
export const allWorkspaces = (
  after: string | undefined,
  limit: number,
  trashed: boolean,
): Sql => sql`
  select ${columns}
  from workspaces.workspaces w ${withOwnRole(null)}
  where (w.deleted_at is not null) = ${trashed} ${afterWorkspace(after)}
  order by w.position limit ${limit}`;

/** Whose owners are all among those who are gone. */
export const ownerlessWorkspaces = (page: {
  readonly gone: readonly string[];
  readonly userId: string;
  readonly after: string | undefined;
  readonly limit: number;
}): Sql => sql`
  select ${columns}
  from workspaces.workspaces w ${withOwnRole(page.userId)}
  where w.deleted_at is null ${afterWorkspace(page.after)}
    and not exists (
      select 1 from workspaces.roles r
      where r.workspace_id = w.id and r.role = 'owner' and r.user_id <> all(${page.gone}::text[]))
  order by w.position limit ${page.limit}`;

export const updateWorkspaceRow = (
  id: string,
  changes: { readonly name?: string | undefined; readonly description?: string | undefined },
): Sql => sql`
  update workspaces.workspaces
  set name = coalesce(${changes.name ?? null}, name), description = coalesce(${changes.description ?? null}, description)
  where id = ${id} and deleted_at is null`;

export const trashWorkspaceRow = (id: string, at: Date, by: string | null): Sql => sql`
  update workspaces.workspaces set deleted_at = ${at}, deleted_by = ${by} where id = ${id} and deleted_at is null`;

export const restoreWorkspaceRow = (id: string): Sql => sql`
  update workspaces.workspaces set deleted_at = null, deleted_by = null
  where id = ${id} and deleted_at is not null and purging_at is null`;

export const lockTrashedWorkspace = (id: string): Sql => sql`
  select id from workspaces.workspaces
  where id = ${id} and deleted_at is not null and purging_at is null for update`;

/** Whoever changes roles on a workspace takes this lock first, so that two cannot take away the last two owners. */
export const lockWorkspace = (id: string): Sql => sql`
  select id from workspaces.workspaces where id = ${id} and deleted_at is null for update`;

/** One at a time for one user: two starts at once make one workspace. */
export const lockDefaultWorkspace = (userId: string): Sql => sql`
  select pg_advisory_xact_lock(hashtextextended(${`workspaces.default:${userId}`}, 0))`;

export const oldestOwnedWorkspace = (userId: string): Sql => sql`
  select ${columns}
  from workspaces.roles own join workspaces.workspaces w on w.id = own.workspace_id
  where own.user_id = ${userId} and own.role = 'owner' and w.deleted_at is null
  order by w.position limit 1`;

export interface WorkspaceCounts {
  readonly members: number;
  readonly bases: number;
  readonly basesInTrash: number;
  /** People with a role on a single base. */
  readonly baseCollaborators: number;
  readonly openInvitations: number;
  readonly activeGrants: number;
}

export const countsOfWorkspace = (id: string, now: Date): Sql => sql`
  select
    (select count(*)::int from workspaces.roles where workspace_id = ${id}) as members,
    (select count(*)::int from workspaces.bases where workspace_id = ${id} and deleted_at is null) as bases,
    (select count(*)::int from workspaces.bases where workspace_id = ${id} and deleted_at is not null) as "basesInTrash",
    (select count(distinct r.user_id)::int from workspaces.roles r join workspaces.bases b on b.id = r.base_id
      where b.workspace_id = ${id} and b.deleted_at is null) as "baseCollaborators",
    (select count(*)::int from workspaces.invitations i left join workspaces.bases b on b.id = i.base_id
      where (i.workspace_id = ${id} or b.workspace_id = ${id}) and i.revoked_at is null and i.accepted_at is null
        and i.expires_at > ${now}) as "openInvitations",
    (select count(*)::int from workspaces.grants g left join workspaces.bases b on b.id = g.base_id
      where (g.workspace_id = ${id} or b.workspace_id = ${id}) and (g.expires_at is null or g.expires_at > ${now})) as "activeGrants"`;
