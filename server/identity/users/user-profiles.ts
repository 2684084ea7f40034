import type { World } from "#kernel";
import { identityOf } from "../state.ts";
import { emailKey } from "./email-key.ts";
import type { UserProfile } from "./profile-cache.ts";
import { profilesByEmails, profilesByIds } from "./users.sql.ts";

/** Who these ids are, also those who were deleted since; ids of nobody are absent. From memory where they were seen lately. */
export async function userProfiles(
  scope: World,
  ids: Iterable<string>,
): Promise<ReadonlyMap<string, UserProfile>> {
  const { profiles } = identityOf(scope);
  const found = new Map<string, UserProfile>();
  const missing: string[] = [];
  for (const id of new Set(ids)) {
    const profile = profiles.get(id);
    if (profile === undefined) {
      missing.push(id);
    } else {
      found.set(id, profile);
    }
  }
  if (missing.length > 0) {
    const { epoch } = profiles;
    for (const profile of await scope.db.all<UserProfile>(profilesByIds(missing))) {
      profiles.put(profile, epoch);
      found.set(profile.id, profile);
    }
  }
  return found;
}

/** Users by e-mail, ignoring case, under the text that was asked for; addresses of nobody are absent. */
export async function findUsersByEmail(
  scope: World,
  emails: Iterable<string>,
): Promise<ReadonlyMap<string, UserProfile>> {
  const asked = new Map(
    [...new Set(emails)]
      .filter((text) => !text.includes("\0"))
      .map((email) => [email, emailKey(email)]),
  );
  if (asked.size === 0) {
    return new Map();
  }
  const rows = await scope.db.all<UserProfile & { readonly emailKey: string }>(
    profilesByEmails([...new Set(asked.values())]),
  );
  const byKey = new Map(
    rows.map(({ emailKey: key, id, email, name }) => [key, { id, email, name }]),
  );
  const found = new Map<string, UserProfile>();
  for (const [email, key] of asked) {
    const profile = byKey.get(key);
    if (profile !== undefined) {
      found.set(email, profile);
    }
  }
  return found;
}
