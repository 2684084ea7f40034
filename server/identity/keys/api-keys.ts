import { defaultKeyScopes, type KeyScope } from "@basalt/contract";
import { inTransaction, isId, noteAct, Problem, type Scope } from "#kernel";
import { requireSession, requireUser } from "../require.ts";
import { KEY_SIGNAL } from "../state.ts";
import { userById, type UserRow } from "../users/users.sql.ts";
import {
  apiKeyOf,
  apiKeysOf,
  insertApiKey,
  lockUserForKeys,
  revokeApiKeyOf,
  type ApiKeyRow,
} from "./api-keys.sql.ts";
import { keyHash, maskKey, newKeyText } from "./key-text.ts";

/** Keys of one user: bounds the list. */
export const KEYS_PER_USER_MAX = 1_000;

export interface NewApiKey {
  readonly name: string;
  /** Without them: `defaultKeyScopes`. */
  readonly scopes?: readonly KeyScope[] | undefined;
  /** Only these bases, and the bases of these workspaces; null or absent = not restricted. */
  readonly bases?: readonly string[] | null | undefined;
  readonly workspaces?: readonly string[] | null | undefined;
  /** Only web pages of these origins; programs, which name none, are not restricted. Null or absent = any. */
  readonly origins?: readonly string[] | null | undefined;
  readonly expiresAt?: Date | null | undefined;
}

/**
 * Makes an API key of a user; `text` is the key itself and is kept nowhere. Asks no permission, callers do.
 * Problems: `identity.user-not-found`, `identity.key-expired`, `identity.scope-not-allowed`, `identity.too-many-keys`.
 */
export async function createApiKey(
  scope: Scope,
  userId: string,
  key: NewApiKey,
): Promise<{ readonly row: ApiKeyRow; readonly text: string }> {
  const { id, text } = newKeyText();
  const now = scope.now();
  const {
    name,
    scopes = defaultKeyScopes,
    bases = null,
    workspaces = null,
    origins = null,
    expiresAt = null,
  } = key;
  if (expiresAt !== null && expiresAt <= now) {
    throw new Problem("invalid", "identity.key-expired", {
      message: "The key would have expired already.",
      fields: { expiresAt: "is in the past" },
    });
  }
  const row = {
    id,
    name,
    mask: maskKey(text),
    scopes: [...new Set(scopes)],
    bases,
    workspaces,
    origins,
    createdAt: now,
    expiresAt,
    lastUsedAt: null,
  };
  await inTransaction(scope, async (tx) => {
    const held = await tx.db.maybe<{ keys: number }>(lockUserForKeys(userId));
    const user = held && (await tx.db.maybe<UserRow>(userById(userId)));
    if (held === undefined || user === undefined) {
      throw new Problem("not-found", "identity.user-not-found", {
        message: "There is no such user.",
      });
    }
    refuseScopes(user, row.scopes);
    if (held.keys >= KEYS_PER_USER_MAX) {
      throw new Problem("conflict", "identity.too-many-keys", {
        message: `At most ${KEYS_PER_USER_MAX} keys a user; revoke some.`,
      });
    }
    await tx.db.run(insertApiKey({ ...row, hash: keyHash(text), userId }));
    await noteAct(tx, {
      act: "identity.key-created",
      target: { kind: "key", id, name },
      details: { userId, scopes: row.scopes, bases, workspaces, expiresAt },
    });
  });
  return { row, text };
}

/** Makes a key of who asks. Problems: `identity.session-required` and those of `createApiKey`. */
export async function createOwnApiKey(
  scope: Scope,
  key: NewApiKey,
): Promise<{ readonly row: ApiKeyRow; readonly text: string }> {
  const { userId } = requireSession(scope);
  return createApiKey(scope, userId, key);
}

/** The keys of who asks, oldest first. Problems: `identity.session-required`. */
export async function listApiKeys(scope: Scope): Promise<readonly ApiKeyRow[]> {
  const { userId } = requireSession(scope);
  return scope.db.all<ApiKeyRow>(apiKeysOf(userId));
}

/** One key of who asks. Problems: `identity.session-required`, `identity.key-not-found`. */
export async function getApiKey(scope: Scope, keyId: string): Promise<ApiKeyRow> {
  const { userId } = requireSession(scope);
  const row = isId("pat", keyId)
    ? await scope.db.maybe<ApiKeyRow>(apiKeyOf(userId, keyId))
    : undefined;
  if (row === undefined) {
    throw keyNotFound();
  }
  return row;
}

/**
 * Revokes a key of who asks, at once; a key may revoke itself and no other.
 * Problems: `identity.session-required`, `identity.key-not-found`.
 */
export async function revokeApiKey(scope: Scope, keyId: string): Promise<void> {
  const { userId, credential } = requireUser(scope);
  if (credential.kind !== "key" || credential.keyId !== keyId) {
    requireSession(scope);
  }
  if (!isId("pat", keyId)) {
    throw keyNotFound();
  }
  const revoked = await inTransaction(scope, async (tx) => {
    const count = await tx.db.run(revokeApiKeyOf(userId, keyId, tx.now()));
    if (count > 0) {
      await noteAct(tx, { act: "identity.key-revoked", target: { kind: "key", id: keyId } });
      await tx.signals.send(tx.db, KEY_SIGNAL, keyId);
    }
    return count;
  });
  if (revoked === 0) {
    throw keyNotFound();
  }
}

/** What governs people is for administrators, so nobody else can put it on a key. */
function refuseScopes(user: UserRow, scopes: readonly KeyScope[]): void {
  const refused = user.admin ? undefined : scopes.find((one) => one.startsWith("enterprise."));
  if (refused !== undefined) {
    throw new Problem("invalid", "identity.scope-not-allowed", {
      message: `The scope ${refused} is for administrators of the instance.`,
      fields: { scopes: `${refused} is for administrators of the instance` },
    });
  }
}

function keyNotFound(): Problem {
  return new Problem("not-found", "identity.key-not-found", {
    message: "You have no such API key.",
  });
}
