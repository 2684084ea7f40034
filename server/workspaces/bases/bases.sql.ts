import type { RoleName } from "@basalt/contract";
import { empty, sql, type Sql } from "#kernel";

/** A base of the registry and what decides about the level of whoever asks. */
export interface BaseRow {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly description: string;
  readonly color: string | null;
  readonly icon: string | null;
  readonly createdAt: Date;
  readonly createdBy: string | null;
  readonly deletedAt: Date | null;
}

/** With the facts for its level, so that a page needs one statement. */
export interface VisibleBaseRow extends BaseRow {
  readonly workspaceRole: RoleName | null;
  readonly baseRole: RoleName | null;
  /** Roles given by grants in force. */
  readonly grantedRoles: readonly RoleName[];
}

const columns = sql`b.id, b.workspace_id as "workspaceId", b.name, b.description, b.color, b.icon,
  b.created_at as "createdAt", b.created_by as "createdBy", b.deleted_at as "deletedAt"`;

export interface BaseToInsert {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly description: string;
  readonly color: string | null;
  readonly icon: string | null;
  readonly at: Date;
  readonly by: string | null;
}

/** Inserts nothing where the workspace is not there (any more). The lock keeps it from being trashed meanwhile. */
export const insertBase = (base: BaseToInsert): Sql => sql`
  with parent as (
    select id from workspaces.workspaces where id = ${base.workspaceId} and deleted_at is null for share
  ), b as (
    insert into workspaces.bases (id, workspace_id, name, description, color, icon, created_at, created_by)
    select ${base.id}, parent.id, ${base.name}, ${base.description}, ${base.color}, ${base.icon}, ${base.at}, ${base.by} from parent
    returning id, workspace_id, name, description, color, icon, created_at, created_by, deleted_at
  )
  select ${columns} from b`;

/** In the trash or not; the workspace decides too. */
export const baseById = (id: string): Sql => sql`
  select ${columns}, w.deleted_at as "workspaceDeletedAt"
  from workspaces.bases b join workspaces.workspaces w on w.id = b.workspace_id where b.id = ${id}`;

export const updateBaseRow = (
  id: string,
  changes: {
    readonly name: string | null;
    readonly description: string | null;
    /** Undefined leaves it. */
    readonly color: string | null | undefined;
    readonly icon: string | null | undefined;
  },
): Sql => sql`
  update workspaces.bases b
  set name = coalesce(${changes.name}, b.name),
    description = coalesce(${changes.description}, b.description),
    color = case when ${changes.color !== undefined} then ${changes.color ?? null} else b.color end,
    icon = case when ${changes.icon !== undefined} then ${changes.icon ?? null} else b.icon end
  where b.id = ${id} and b.deleted_at is null
  returning ${columns}`;

export const trashBaseRow = (id: string, at: Date, by: string | null): Sql => sql`
  update workspaces.bases set deleted_at = ${at}, deleted_by = ${by} where id = ${id} and deleted_at is null`;

export const restoreBaseRow = (id: string): Sql => sql`
  update workspaces.bases b set deleted_at = null, deleted_by = null
  where b.id = ${id} and b.deleted_at is not null and b.purging_at is null
  returning ${columns}`;

export const moveBaseRow = (id: string, workspaceId: string): Sql => sql`
  update workspaces.bases b set workspace_id = ${workspaceId}
  from workspaces.workspaces w
  where b.id = ${id} and b.deleted_at is null and w.id = ${workspaceId} and w.deleted_at is null
  returning ${columns}`;

/** Which bases of whom, and from where on. */
export interface BasesPage {
  readonly userId: string;
  /** A token narrowed to these bases and workspaces; null for no narrowing at all. */
  readonly only: {
    readonly bases: readonly string[];
    readonly workspaces: readonly string[];
  } | null;
  readonly after: string | undefined;
  readonly limit: number;
  readonly now: Date;
}

const afterBase = (id: string | undefined): Sql =>
  id === undefined
    ? empty
    : sql`and b.position > (select position from workspaces.bases where id = ${id})`;

const inForce = (now: Date): Sql => sql`(g.expires_at is null or g.expires_at > ${now})`;

/** By role on the base or its workspace or by an allowance, and not shut out of either. */
export const visibleBases = ({ userId, only, after, limit, now }: BasesPage): Sql => sql`
  select ${columns}, on_workspace.role as "workspaceRole", on_base.role as "baseRole",
    array(select g.role from workspaces.grants g
      where g.user_id = ${userId} and (g.base_id = b.id or g.workspace_id = b.workspace_id)
        and g.effect = 'allow' and g.role is not null and ${inForce(now)}) as "grantedRoles"
  from (
    select b.id from workspaces.roles r join workspaces.bases b on b.workspace_id = r.workspace_id where r.user_id = ${userId}
    union
    select base_id from workspaces.roles where user_id = ${userId} and base_id is not null
    union
    select b.id from workspaces.grants g join workspaces.bases b on b.workspace_id = g.workspace_id or b.id = g.base_id
    where g.user_id = ${userId} and g.effect = 'allow' and ${inForce(now)}
  ) mine
  join workspaces.bases b on b.id = mine.id and b.deleted_at is null
  join workspaces.workspaces w on w.id = b.workspace_id and w.deleted_at is null
  left join workspaces.roles on_workspace on on_workspace.workspace_id = w.id and on_workspace.user_id = ${userId}
  left join workspaces.roles on_base on on_base.base_id = b.id and on_base.user_id = ${userId}
  where not exists (
      select 1 from workspaces.grants g
      where g.user_id = ${userId} and (g.base_id = b.id or g.workspace_id = b.workspace_id)
        and g.effect = 'deny' and cardinality(g.actions) = 0 and ${inForce(now)})
    and (${only === null} or b.id = any(${only?.bases ?? []}::text[]) or b.workspace_id = any(${only?.workspaces ?? []}::text[]))
    ${afterBase(after)}
  order by b.position limit ${limit}`;

/** In the trash of workspaces where the user may restore. */
export const restorableBases = ({ userId, only, after, limit }: BasesPage): Sql => sql`
  select ${columns}, on_workspace.role as "workspaceRole", null as "baseRole", '{}'::text[] as "grantedRoles"
  from workspaces.roles on_workspace
  join workspaces.workspaces w on w.id = on_workspace.workspace_id and w.deleted_at is null
  join workspaces.bases b on b.workspace_id = w.id
  where on_workspace.user_id = ${userId} and on_workspace.role in ('owner', 'creator') and b.deleted_at is not null and b.purging_at is null
    and (${only === null} or b.workspace_id = any(${only?.workspaces ?? []}::text[]))
    ${afterBase(after)}
  order by b.position limit ${limit}`;

/** For the program itself. */
export const allBases = (after: string | undefined, limit: number, trashed: boolean): Sql => sql`
  select ${columns}, 'owner' as "workspaceRole", null as "baseRole", '{}'::text[] as "grantedRoles"
  from workspaces.bases b join workspaces.workspaces w on w.id = b.workspace_id
  where (b.deleted_at is not null or w.deleted_at is not null) = ${trashed} ${afterBase(after)}
  order by b.position limit ${limit}`;
