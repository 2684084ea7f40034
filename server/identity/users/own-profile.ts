import { inTransaction, type Scope } from "#kernel";
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
    await tx.db.run(updateUserRow(userId, { name }, tx.now()));
    await tx.signals.send(tx.db, USER_SIGNAL, userId);
    return ownProfile(tx);
  });
}
