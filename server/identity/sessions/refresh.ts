import { inTransaction, noteAct, type Scope } from "#kernel";
import { invalidToken } from "../actor-of.ts";
import { opaqueHash } from "../opaque-token.ts";
import { SESSION_SIGNAL } from "../state.ts";
import { userById, type UserRow } from "../users/users.sql.ts";
import { issueTokens, type SignedIn } from "./open-session.ts";
import {
  endSessionOf,
  lockRefreshToken,
  touchSession,
  useRefreshToken,
  type RefreshRow,
} from "./sessions.sql.ts";

/**
 * Exchanges a refresh token for the next pair. One that was used before has been copied: the session ends with all its tokens.
 * Problems: `identity.invalid-token`.
 */
export async function refresh(scope: Scope, refreshToken: string): Promise<SignedIn> {
  // The end of a session must be committed, so the failure is thrown outside.
  const next = await inTransaction(scope, (tx) => exchange(tx, opaqueHash(refreshToken)));
  if (next === undefined) {
    throw invalidToken();
  }
  return next;
}

async function exchange(tx: Scope, hash: Buffer): Promise<SignedIn | undefined> {
  const now = tx.now();
  const row = await tx.db.maybe<RefreshRow>(lockRefreshToken(hash));
  if (row === undefined || row.endedAt !== null) {
    return undefined;
  }
  if (row.usedAt !== null) {
    await tx.db.run(endSessionOf(row.userId, row.sessionId, now));
    await tx.signals.send(tx.db, SESSION_SIGNAL, row.sessionId);
    await noteAct(tx, {
      act: "identity.refresh-reused",
      target: { kind: "user", id: row.userId },
      details: { sessionEnded: row.sessionId },
    });
    tx.log.warn(
      {
        userId: row.userId,
        sessionId: row.sessionId,
        address: tx.address,
        requestId: tx.requestId,
      },
      "identity: a refresh token was used twice",
    );
    return undefined;
  }
  const user = await tx.db.maybe<UserRow>(userById(row.userId));
  if (
    row.expiresAt <= now ||
    row.sessionExpiresAt <= now ||
    user === undefined ||
    user.disabledAt !== null
  ) {
    return undefined;
  }
  await tx.db.run(useRefreshToken(hash, now));
  await tx.db.run(touchSession(row.sessionId, now));
  return issueTokens(tx, {
    user,
    sessionId: row.sessionId,
    sessionExpiresAt: row.sessionExpiresAt,
  });
}
