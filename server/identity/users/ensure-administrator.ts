import type { Scope } from "#kernel";
import { inTransaction, noteAct } from "#kernel";
import { USER_SIGNAL } from "../state.ts";
import { insertUser, newUserRow } from "./create-user.ts";
import { emailKey } from "./email-key.ts";
import {
  anyAdministrator,
  lockFirstUser,
  updateUserRow,
  userForSignIn,
  type SignInRow,
} from "./users.sql.ts";

/**
 * Makes the administrator that the settings name, where there is none; a user of that e-mail becomes it and keeps the
 * password. Run at start; two processes that start at once do it once. True where somebody was made one.
 */
export async function ensureAdministrator(scope: Scope): Promise<boolean> {
  const { adminEmail, adminPassword } = scope.config;
  if (adminEmail === null || adminPassword === null || (await hasAdministrator(scope))) {
    return false;
  }
  const row = await newUserRow(scope, {
    email: adminEmail,
    password: adminPassword,
    admin: true,
    verified: true,
  });
  return inTransaction(scope, async (tx) => {
    await tx.db.run(lockFirstUser());
    if (await hasAdministrator(tx)) {
      return false;
    }
    const known = await tx.db.maybe<SignInRow>(userForSignIn(emailKey(adminEmail)));
    if (known === undefined) {
      await insertUser(tx, row);
    } else {
      await tx.db.run(updateUserRow(known.id, { admin: true, disabled: false }, tx.now()));
      await noteAct(tx, {
        act: "identity.user-changed",
        target: { kind: "user", id: known.id, name: known.email },
        details: { before: { admin: known.admin }, after: { admin: true, disabled: false } },
      });
      await tx.signals.send(tx.db, USER_SIGNAL, known.id);
    }
    return true;
  });
}

/** True where somebody who may sign in is administrator of the instance. */
export async function hasAdministrator(scope: Scope): Promise<boolean> {
  const { found } = await scope.db.one<{ found: boolean }>(anyAdministrator());
  return found;
}
