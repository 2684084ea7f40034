import { inTransaction, isId, noteAct, Problem, type Scope } from "#kernel";
import { requireSession } from "../require.ts";
import { SESSION_SIGNAL, USER_SIGNAL } from "../state.ts";
import { endSessionOf, endSessionsOf, sessionsOf, type SessionRow } from "./sessions.sql.ts";

/** A session in the list of its user. */
export interface ListedSession extends SessionRow {
  readonly current: boolean;
}

/** The sessions of who asks, newest use first. Problems: `identity.session-required`. */
export async function listSessions(scope: Scope): Promise<readonly ListedSession[]> {
  const { userId, credential } = requireSession(scope);
  const rows = await scope.db.all<SessionRow>(sessionsOf(userId, scope.now()));
  return rows.map((row) => ({ ...row, current: row.id === credential.sessionId }));
}

/** Ends the session of who asks, at once. Problems: `identity.session-required`. */
export async function logOut(scope: Scope): Promise<void> {
  const { userId, credential } = requireSession(scope);
  await endOne(scope, { userId, sessionId: credential.sessionId, act: "identity.signed-out" });
}

/**
 * Ends one session of who asks; one of somebody else is as unknown as one that never was.
 * Problems: `identity.session-required`, `identity.session-not-found`.
 */
export async function endSession(scope: Scope, sessionId: string): Promise<void> {
  const { userId } = requireSession(scope);
  if (
    !isId("ses", sessionId) ||
    !(await endOne(scope, { userId, sessionId, act: "identity.session-ended" }))
  ) {
    throw new Problem("not-found", "identity.session-not-found", {
      message: "You have no such session.",
    });
  }
}

/** Ends all sessions of who asks but the current one; answers how many. Problems: `identity.session-required`. */
export async function endOtherSessions(scope: Scope): Promise<number> {
  const { userId, credential } = requireSession(scope);
  return inTransaction(scope, async (tx) => {
    const ended = await endAll(tx, userId, credential.sessionId);
    await noteAct(tx, {
      act: "identity.sessions-ended",
      target: { kind: "user", id: userId },
      details: { ended },
    });
    return ended;
  });
}

/** Ends the sessions of a user, all or but one, inside the caller's transaction; answers how many. */
export async function endAll(tx: Scope, userId: string, but: string | null): Promise<number> {
  const ended = await tx.db.run(endSessionsOf(userId, but, tx.now()));
  await tx.signals.send(tx.db, USER_SIGNAL, userId);
  return ended;
}

interface Ending {
  readonly userId: string;
  readonly sessionId: string;
  readonly act: "identity.signed-out" | "identity.session-ended";
}

async function endOne(scope: Scope, { userId, sessionId, act }: Ending): Promise<boolean> {
  return inTransaction(scope, async (tx) => {
    const ended = await tx.db.run(endSessionOf(userId, sessionId, tx.now()));
    await tx.signals.send(tx.db, SESSION_SIGNAL, sessionId);
    if (ended > 0) {
      await noteAct(tx, { act, target: { kind: "session", id: sessionId } });
    }
    return ended > 0;
  });
}
