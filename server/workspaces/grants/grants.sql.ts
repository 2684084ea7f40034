import type { RoleName } from "@basalt/contract";
import { empty, sql, type Sql } from "#kernel";
import type { Place } from "../access/access.ts";
import { onPlace, placeValues } from "../members/roles.sql.ts";

/** An exception for one person on one place. */
export interface GrantRow {
  readonly id: string;
  readonly workspaceId: string | null;
  readonly baseId: string | null;
  readonly userId: string;
  readonly effect: "allow" | "deny";
  readonly role: RoleName | null;
  readonly actions: readonly string[];
  readonly reason: string;
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
  readonly createdBy: string | null;
}

const columns = sql`id, workspace_id as "workspaceId", base_id as "baseId", user_id as "userId", effect, role, actions, reason,
  expires_at as "expiresAt", created_at as "createdAt", created_by as "createdBy"`;

const inForce = (now: Date): Sql => sql`(expires_at is null or expires_at > ${now})`;

export const insertGrant = (
  place: Place,
  grant: Omit<GrantRow, "workspaceId" | "baseId">,
): Sql => sql`
  insert into workspaces.grants
    (workspace_id, base_id, id, user_id, effect, role, actions, reason, expires_at, created_at, created_by)
  values (${placeValues(place)}, ${grant.id}, ${grant.userId}, ${grant.effect}, ${grant.role}, ${grant.actions}::text[],
    ${grant.reason}, ${grant.expiresAt}, ${grant.createdAt}, ${grant.createdBy})
  returning ${columns}`;

export const grantsOn = (
  place: Place,
  {
    after,
    limit,
    now,
  }: { readonly after: string | undefined; readonly limit: number; readonly now: Date },
): Sql => sql`
  select ${columns} from workspaces.grants
  where ${onPlace(place)} and ${inForce(now)}
    ${after === undefined ? empty : sql`and position > (select position from workspaces.grants where id = ${after})`}
  order by position limit ${limit}`;

export const grantById = (id: string): Sql =>
  sql`select ${columns} from workspaces.grants where id = ${id}`;

export const countGrants = (place: Place, userId: string, now: Date): Sql => sql`
  select count(*)::int as count from workspaces.grants where ${onPlace(place)} and user_id = ${userId} and ${inForce(now)}`;

export const deleteGrant = (id: string): Sql => sql`delete from workspaces.grants where id = ${id}`;

export const deleteOldGrants = (before: Date): Sql =>
  sql`delete from workspaces.grants where expires_at < ${before}`;
