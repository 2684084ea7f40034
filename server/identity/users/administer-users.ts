import { inTransaction, isId, noteAct, Problem, type Scope } from "#kernel";
import { revokeApiKeysOf } from "../keys/api-keys.sql.ts";
import { requireAdmin } from "../require.ts";
import { deleteBackupCodes, deleteSecondFactor } from "../second-factor/second-factor.sql.ts";
import { endAll } from "../sessions/sessions.ts";
import { USER_SIGNAL } from "../state.ts";
import {
  anyAdministrator,
  deleteUserRow,
  lockFirstUser,
  updateUserRow,
  userById,
  usersPage,
  type UserRow,
} from "./users.sql.ts";

export interface UserChange {
  readonly name?: string | undefined;
  readonly disabled?: boolean | undefined;
  readonly admin?: boolean | undefined;
  /** Switches off the second factor of somebody who lost it. */
  readonly twoFactor?: false | undefined;
}

export interface UsersPage {
  readonly users: readonly UserRow[];
  /** Where the next page begins; absent on the last one. */
  readonly offset: string | undefined;
}

/** Users, oldest first. Problems: `identity.administrator-required`, `identity.offset-invalid`. */
export async function listUsers(
  scope: Scope,
  {
    pageSize,
    offset,
    q,
  }: {
    readonly pageSize: number;
    readonly offset?: string | undefined;
    readonly q?: string | undefined;
  },
): Promise<UsersPage> {
  requireAdmin(scope, "enterprise.user:read");
  const after = offset === undefined ? undefined : readOffset(offset);
  const rows = await scope.db.all<UserRow>(
    usersPage({ after, containing: q, limit: pageSize + 1 }),
  );
  const users = rows.slice(0, pageSize);
  const last = users.at(-1);
  return {
    users,
    offset:
      rows.length > pageSize && last !== undefined
        ? `${last.createdAt.getTime()}_${last.id}`
        : undefined,
  };
}

/** Problems: `identity.administrator-required`, `identity.user-not-found`. */
export async function getUser(scope: Scope, userId: string): Promise<UserRow> {
  requireAdmin(scope, "enterprise.user:read");
  return knownUser(scope, userId);
}

/**
 * Renames, disables, enables, makes or unmakes an administrator, switches off a lost second factor. Disabling ends sessions and stops keys at once; keys work
 * again when the user is enabled.
 * Problems: `identity.administrator-required`, `identity.user-not-found`, `identity.last-administrator`.
 */
export async function updateUser(
  scope: Scope,
  userId: string,
  change: UserChange,
): Promise<UserRow> {
  requireAdmin(scope, "enterprise.user:write");
  return inTransaction(scope, async (tx) => {
    await tx.db.run(lockFirstUser());
    const before = await knownUser(tx, userId);
    await tx.db.run(updateUserRow(userId, change, tx.now()));
    await refuseNoAdministrator(tx);
    if (change.disabled === true) {
      await endAll(tx, userId, null);
    }
    if (change.twoFactor === false) {
      await tx.db.run(deleteSecondFactor(userId));
      await tx.db.run(deleteBackupCodes(userId));
    }
    await tx.signals.send(tx.db, USER_SIGNAL, userId);
    const after = await knownUser(tx, userId);
    await noteAct(tx, {
      act: "identity.user-changed",
      target: { kind: "user", id: userId, name: after.email },
      details: { before: governed(before), after: governed(after) },
    });
    return after;
  });
}

/**
 * Deletes a user: sessions and keys stop at once, the e-mail is free again, the name stays with what they made.
 * Problems: `identity.administrator-required`, `identity.user-not-found`, `identity.last-administrator`.
 */
export async function deleteUser(scope: Scope, userId: string): Promise<void> {
  requireAdmin(scope, "enterprise.user:write");
  await inTransaction(scope, async (tx) => {
    await tx.db.run(lockFirstUser());
    const { email } = await knownUser(tx, userId);
    await tx.db.run(deleteUserRow(userId, tx.now()));
    await refuseNoAdministrator(tx);
    await tx.db.run(revokeApiKeysOf(userId, tx.now()));
    await endAll(tx, userId, null);
    await noteAct(tx, {
      act: "identity.user-deleted",
      target: { kind: "user", id: userId, name: email },
    });
  });
}

/** What an administrator may change of a user. */
function governed({
  name,
  disabledAt,
  admin,
  twoFactor,
}: UserRow): Readonly<Record<string, unknown>> {
  return { name, disabled: disabledAt !== null, admin, twoFactor };
}

async function knownUser(scope: Scope, userId: string): Promise<UserRow> {
  const user = isId("usr", userId) ? await scope.db.maybe<UserRow>(userById(userId)) : undefined;
  if (user === undefined) {
    throw new Problem("not-found", "identity.user-not-found", {
      message: "There is no such user.",
    });
  }
  return user;
}

/** Asked after the change and inside its transaction, which is then undone. */
async function refuseNoAdministrator(tx: Scope): Promise<void> {
  const { found } = await tx.db.one<{ found: boolean }>(anyAdministrator());
  if (!found) {
    throw new Problem("conflict", "identity.last-administrator", {
      message: "This is the last administrator of the instance; make another one first.",
    });
  }
}

function readOffset(offset: string): { readonly createdAt: Date; readonly id: string } {
  const [at = "", id = ""] = offset.split("_");
  if (!/^[0-9]{1,15}$/.test(at) || !isId("usr", id)) {
    throw new Problem("invalid", "identity.offset-invalid", {
      message: "The offset is not one of a page before.",
      fields: { offset: "is not of a page before" },
    });
  }
  return { createdAt: new Date(Number(at)), id };
}
