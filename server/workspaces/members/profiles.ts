import { Problem, type Scope } from "#kernel";
import { goneUsers, userProfiles } from "#identity";
import type { RoleRow } from "./roles.sql.ts";

/** A role with the name and e-mail of whoever has it. */
export interface Member extends RoleRow {
  readonly name: string;
  readonly email: string;
}

/** Adds names and e-mails, in the same order; those of users whom nobody knows any more are empty. */
export async function withProfiles(
  scope: Scope,
  rows: readonly RoleRow[],
): Promise<readonly Member[]> {
  const profiles = await userProfiles(scope, new Set(rows.map(({ userId }) => userId)));
  return rows.map((row) => {
    const profile = profiles.get(row.userId);
    return { ...row, name: profile?.name ?? "", email: profile?.email ?? "" };
  });
}

/** The name of whoever made an invitation; null for the program itself. */
export async function invitedBy(scope: Scope, userId: string | null): Promise<string | null> {
  const profiles = userId === null ? undefined : await userProfiles(scope, [userId]);
  return profiles?.get(userId ?? "")?.name ?? null;
}

/** Roles and grants are given to users of the instance only, who were neither deleted nor disabled. Problems: `workspaces.unknown-user`. */
export async function requireUsers(scope: Scope, userIds: readonly string[]): Promise<void> {
  if ((await goneUsers(scope, userIds)).size > 0) {
    throw new Problem("invalid", "workspaces.unknown-user", {
      message: "There is no user with this id; invite them by e-mail instead.",
      fields: { userId: "is not the id of a user of this instance" },
    });
  }
}
