import { inTransaction, newId, type Scope } from "#kernel";
import { newOpaqueToken } from "../opaque-token.ts";
import { identityOf, USER_SIGNAL } from "../state.ts";
import type { UserRow } from "../users/users.sql.ts";
import { SESSION_TOKEN_S } from "./session-token.ts";
import { endOldestSessionsOf, insertRefreshToken, insertSession } from "./sessions.sql.ts";

/** A session that nobody refreshes for this long is over. */
const REFRESH_IDLE_MS = 30 * 24 * 3_600_000;
/** A session is over after this long however much it is used. */
const SESSION_MAX_MS = 90 * 24 * 3_600_000;
/** Sessions of one user; the one used longest ago gives way. */
const SESSIONS_PER_USER_MAX = 100;
/** Characters of a `User-Agent` that are kept. */
const USER_AGENT_KEPT_CHARACTERS = 300;

/** What a sign-in gives: the pair of tokens and whose they are. */
export interface SignedIn {
  readonly token: string;
  readonly expiresInS: number;
  readonly refreshToken: string;
  readonly sessionId: string;
  readonly user: UserRow;
}

/** Begins a session of a user who has proved who they are. */
export async function openSession(
  scope: Scope,
  { user, userAgent }: { readonly user: UserRow; readonly userAgent: string },
): Promise<SignedIn> {
  const now = scope.now();
  const id = newId("ses");
  const expiresAt = new Date(now.getTime() + SESSION_MAX_MS);
  return inTransaction(scope, async (tx) => {
    await tx.db.run(
      insertSession({
        id,
        userId: user.id,
        createdAt: now,
        lastUsedAt: now,
        expiresAt,
        address: scope.address,
        userAgent: userAgent.slice(0, USER_AGENT_KEPT_CHARACTERS).toWellFormed(),
      }),
    );
    const ended = await tx.db.run(endOldestSessionsOf(user.id, SESSIONS_PER_USER_MAX, now));
    if (ended > 0) {
      await tx.signals.send(tx.db, USER_SIGNAL, user.id);
    }
    return issueTokens(tx, { user, sessionId: id, sessionExpiresAt: expiresAt });
  });
}

/** The next pair of tokens of a session. */
export async function issueTokens(
  tx: Scope,
  session: { readonly user: UserRow; readonly sessionId: string; readonly sessionExpiresAt: Date },
): Promise<SignedIn> {
  const now = tx.now();
  const { user, sessionId } = session;
  const refresh = newOpaqueToken("ref");
  const expiresAt = new Date(
    Math.min(now.getTime() + REFRESH_IDLE_MS, session.sessionExpiresAt.getTime()),
  );
  await tx.db.run(insertRefreshToken({ hash: refresh.hash, sessionId, issuedAt: now, expiresAt }));
  return {
    token: identityOf(tx).sessionTokens.issue({ userId: user.id, sessionId }, now),
    expiresInS: SESSION_TOKEN_S,
    refreshToken: refresh.token,
    sessionId,
    user,
  };
}
