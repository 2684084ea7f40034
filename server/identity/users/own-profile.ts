import { inTransaction, noteAct, type Scope } from "#kernel";
import { invalidToken } from "../actor-of.ts";
import { requireSession, requireUser } from "../require.ts";
import { USER_SIGNAL } from "../state.ts";
import { updateUserRow, userById, type UserRow } from "./users.sql.ts";

/** The user who asks. Problems: `kernel.not-signed-in`, `identity.invalid-token`. */
export async function ownProfile(scope: Scope): Promise<UserRow> {
  const { userId } = requireUser(scope);
  const user = await scope.db.maybe<UserRow>(userById(userId));
  if (user === undefined) {
    throw invalidToken();
  }
  return user;
}

/** Changes the own name. Problems: `identity.session-required`. */
export async function renameSelf(scope: Scope, name: string): Promise<UserRow> {
  const { userId } = requireSession(scope);
  return inTransaction(scope, async (tx) => {
    const before = await ownProfile(tx);
    await tx.db.run(updateUserRow(userId, { name }, tx.now()));
    await noteAct(tx, {
      act: "identity.user-changed",
      target: { kind: "user", id: userId, name: before.email },
      details: { before: { name: before.name }, after: { name } },
    });
    await tx.signals.send(tx.db, USER_SIGNAL, userId);
    return ownProfile(tx);
  });
}
