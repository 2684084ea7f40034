import type { RoleName } from "@basalt/contract";
import { empty, sql, type Sql } from "#kernel";
import type { Place } from "../access/access.ts";

/** One role of one user on one place. */
export interface RoleRow {
  readonly userId: string;
  readonly role: RoleName;
  readonly givenAt: Date;
  readonly givenBy: string | null;
}

const columns = sql`user_id as "userId", role, given_at as "givenAt", given_by as "givenBy"`;

/** The condition that names the place; workspaces and bases keep their roles, grants and invitations in one table each. */
export const onPlace = (place: Place): Sql =>
  "baseId" in place ? sql`base_id = ${place.baseId}` : sql`workspace_id = ${place.workspaceId}`;

/** The two columns that name the place, in the order workspace_id, base_id. */
export const placeValues = (place: Place): Sql =>
  "baseId" in place ? sql`null, ${place.baseId}` : sql`${place.workspaceId}, null`;

/** Does nothing where the user has a role there already. */
export const insertRole = (place: Place, { userId, role, givenAt, givenBy }: RoleRow): Sql => sql`
  insert into workspaces.roles (workspace_id, base_id, user_id, role, given_at, given_by)
  values (${placeValues(place)}, ${userId}, ${role}, ${givenAt}, ${givenBy})
  on conflict do nothing
  returning ${columns}`;

export const updateRole = (place: Place, { userId, role, givenAt, givenBy }: RoleRow): Sql => sql`
  update workspaces.roles set role = ${role}, given_at = ${givenAt}, given_by = ${givenBy}
  where ${onPlace(place)} and user_id = ${userId}
  returning ${columns}`;

/** Gives the role, whatever the user had there. */
export const setRole = (place: Place, row: RoleRow): Sql => sql`
  with changed as (${updateRole(place, row)})
  insert into workspaces.roles (workspace_id, base_id, user_id, role, given_at, given_by)
  select ${placeValues(place)}, ${row.userId}, ${row.role}, ${row.givenAt}, ${row.givenBy}
  where not exists (select 1 from changed)`;

export const deleteRole = (place: Place, userId: string): Sql => sql`
  delete from workspaces.roles where ${onPlace(place)} and user_id = ${userId}`;

export const roleOf = (place: Place, userId: string): Sql => sql`
  select ${columns} from workspaces.roles where ${onPlace(place)} and user_id = ${userId}`;

export const rolesOn = (place: Place, after: string | undefined, limit: number): Sql => sql`
  select ${columns} from workspaces.roles
  where ${onPlace(place)} ${after === undefined ? empty : sql`and user_id > ${after}`}
  order by user_id limit ${limit}`;

export const ownersOf = (workspaceId: string): Sql => sql`
  select ${columns} from workspaces.roles where workspace_id = ${workspaceId} and role = 'owner'`;

/** Every owner of any workspace. */
export const allOwners = (): Sql => sql`
  select distinct user_id as "userId" from workspaces.roles where role = 'owner' and workspace_id is not null`;

export const hasDenial = (place: Place, userId: string, now: Date): Sql => sql`
  select id from workspaces.grants
  where ${onPlace(place)} and user_id = ${userId} and effect = 'deny' and (expires_at is null or expires_at > ${now})
  limit 1`;

/** Everybody with a role on the base or its workspace or an allowance, without those who are shut out. */
export const peopleOfBase = (baseId: string, now: Date): Sql => sql`
  with place as (select id, workspace_id from workspaces.bases where id = ${baseId} and deleted_at is null)
  select r.user_id as "userId" from workspaces.roles r join place on r.base_id = place.id or r.workspace_id = place.workspace_id
  union
  select g.user_id from workspaces.grants g join place on g.base_id = place.id or g.workspace_id = place.workspace_id
  where g.effect = 'allow' and (g.expires_at is null or g.expires_at > ${now})
  except
  select g.user_id from workspaces.grants g join place on g.base_id = place.id or g.workspace_id = place.workspace_id
  where g.effect = 'deny' and cardinality(g.actions) = 0 and (g.expires_at is null or g.expires_at > ${now})
  order by "userId"`;
