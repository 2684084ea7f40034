import type { Scope } from "#kernel";
import { withProfiles, type Member } from "./profiles.ts";
import { ownersOf, type RoleRow } from "./roles.sql.ts";

/** The owners of a workspace whom mail can reach. Asks no permission: for what the program tells them. */
export async function workspaceOwners(
  scope: Scope,
  workspaceId: string,
): Promise<readonly Member[]> {
  const owners = await scope.db.all<RoleRow>(ownersOf(workspaceId));
  return (await withProfiles(scope, owners)).filter(({ email }) => email !== "");
}
