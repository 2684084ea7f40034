/**
 * Who people are and how they prove it: accounts, sign-in, sessions, API keys, second factors, and the actor behind an
 * `Authorization` header. What it keeps in memory for a world (known credentials, names) is a part of that world, and
 * signals drop it. It does not know what anybody may see or do: workspaces, bases and roles are above it; of the bases and
 * workspaces that a key is restricted to it knows the ids and nothing else.
 */
export { actorOf, cachedActor, invalidToken } from "./actor-of.ts";
export { addressKey } from "./attempts/address-key.ts";
export { createApiKey, listApiKeys, type NewApiKey } from "./keys/api-keys.ts";
export type { ApiKeyRow } from "./keys/api-keys.sql.ts";
export { hasScope, requireAdmin, requireSession, requireUser } from "./require.ts";
export { identityRoutes, identityWithoutKeys } from "./routes.ts";
export { listSessions } from "./sessions/sessions.ts";
export { closeIdentity } from "./state.ts";
export { sweepIdentity } from "./sweep.ts";
export { createUser, type NewUser } from "./users/create-user.ts";
export { createUsers, type UserOutcome } from "./users/create-users.ts";
export { emailKey } from "./users/email-key.ts";
export { ensureAdministrator, hasAdministrator } from "./users/ensure-administrator.ts";
export { firstAdministrator } from "./users/first-administrator.ts";
export { goneUsers } from "./users/gone-users.ts";
export type { UserProfile } from "./users/profile-cache.ts";
export { nameOfUser, namesOfUsers } from "./users/user-name.sql.ts";
export { ownProfile } from "./users/own-profile.ts";
export { readyAccount, type ReadyAccount } from "./users/ready-account.ts";
export { findUsersByEmail, userProfiles } from "./users/user-profiles.ts";
export type { UserRow } from "./users/users.sql.ts";
export { showApiKey, showMe, showSession, showUser } from "./views.ts";
