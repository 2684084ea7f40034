import { userProfiles, type UserProfile } from "#identity";
import type { Scope } from "#kernel";
import { peopleOfBase } from "./roles.sql.ts";

/**
 * The people who can get at a base, by whichever way: whom its cells and mentions may name. Asks no permission: for use
 * cases that have asked theirs.
 */
export async function baseCollaborators(
  scope: Scope,
  baseId: string,
): Promise<readonly UserProfile[]> {
  const rows = await scope.db.all<{ readonly userId: string }>(peopleOfBase(baseId, scope.now()));
  const ids = rows.map(({ userId }) => userId);
  const profiles = await userProfiles(scope, ids);
  return ids.map((id) => profiles.get(id)).filter((profile) => profile !== undefined);
}
