import type { z } from "zod";
import type {
  apiKeyView,
  meView,
  sessionView,
  secondFactorNeededView,
  signedInView,
  userAdminView,
  userView,
} from "@basalt/contract";
import { hasScope } from "./require.ts";
import type { UserActor } from "#kernel";
import type { ApiKeyRow } from "./keys/api-keys.sql.ts";
import type { HalfSignedIn } from "./sessions/login.ts";
import type { SignedIn } from "./sessions/open-session.ts";
import type { ListedSession } from "./sessions/sessions.ts";
import type { UserRow } from "./users/users.sql.ts";

/** A user as it sees itself. */
export function showUser(user: UserRow): z.infer<typeof userView> {
  const { id, email, name, admin, verifiedAt, twoFactor, createdAt } = user;
  return {
    id,
    email,
    name,
    admin,
    verified: verifiedAt !== null,
    twoFactor,
    createdAt: createdAt.toISOString(),
  };
}

/** A user as an administrator sees it. */
export function showUserToAdmin(user: UserRow): z.infer<typeof userAdminView> {
  return { ...showUser(user), disabled: user.disabledAt !== null };
}

/** Who asks, and with what; a key sees the e-mail only where a scope says so, as in Airtable's whoami. */
export function showMe(user: UserRow, actor: UserActor): z.infer<typeof meView> {
  const { email, ...rest } = showUser(user);
  const shown = hasScope(actor, "user.email:read") ? { ...rest, email } : rest;
  const { credential } = actor;
  if (credential.kind === "session") {
    return { ...shown, credential: { kind: "session", sessionId: credential.sessionId } };
  }
  const { keyId, scopes, bases, workspaces } = credential;
  return {
    ...shown,
    credential: {
      kind: "key",
      keyId,
      scopes: [...scopes],
      bases: bases && [...bases],
      workspaces: workspaces && [...workspaces],
    },
  };
}

/** What a sign-in is answered with, finished or half. */
export function showSignIn(
  signIn: SignedIn | HalfSignedIn,
): z.infer<typeof signedInView | typeof secondFactorNeededView> {
  if ("secondFactorToken" in signIn) {
    return {
      secondFactorRequired: true,
      secondFactorToken: signIn.secondFactorToken,
      expiresIn: signIn.expiresInS,
    };
  }
  const { token, expiresInS, refreshToken, sessionId, user } = signIn;
  return { token, expiresIn: expiresInS, refreshToken, sessionId, user: showUser(user) };
}

export function showSession(session: ListedSession): z.infer<typeof sessionView> {
  const { id, createdAt, lastUsedAt, expiresAt, address, userAgent, current } = session;
  return {
    id,
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    address,
    userAgent,
    current,
  };
}

export function showApiKey(key: ApiKeyRow): z.infer<typeof apiKeyView> {
  const { id, name, mask, scopes, bases, workspaces, origins, createdAt, expiresAt, lastUsedAt } =
    key;
  return {
    id,
    name,
    mask,
    scopes: [...scopes],
    bases: bases && [...bases],
    workspaces: workspaces && [...workspaces],
    origins: origins && [...origins],
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  };
}
