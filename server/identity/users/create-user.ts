import { inTransaction, newId, noteAct, Problem, type Act, type Scope } from "#kernel";
import { hashPassword } from "../passwords/password-hash.ts";
import { identityOf } from "../state.ts";
import { emailKey } from "./email-key.ts";
import { insertUsers, userById, type NewUserRow, type UserRow } from "./users.sql.ts";

/** A user to be made. The shapes are those of `contract`; without a password there is no sign-in until one is chosen. */
export interface NewUser {
  readonly email: string;
  readonly password?: string | undefined;
  readonly name?: string | undefined;
  readonly admin?: boolean | undefined;
  /** The address is known to be theirs. */
  readonly verified?: boolean | undefined;
}

/**
 * Makes a user; asks no permission, callers do.
 * Problems: `identity.email-taken`, `identity.busy`.
 */
export async function createUser(scope: Scope, user: NewUser): Promise<UserRow> {
  const row = await newUserRow(scope, user);
  return inTransaction(scope, (tx) => insertUser(tx, row));
}

/** Hashes the password and completes the row; apart from the insert, so that no transaction waits for a hash. */
export async function newUserRow(scope: Scope, user: NewUser): Promise<NewUserRow> {
  const {
    email,
    password,
    name = email.slice(0, email.indexOf("@")),
    admin = false,
    verified = false,
  } = user;
  const passwordHash =
    password === undefined
      ? null
      : await identityOf(scope).hashSlots.run(() => hashPassword(password));
  const now = scope.now();
  return {
    id: newId("usr"),
    email: email.normalize("NFC"),
    emailKey: emailKey(email),
    name,
    passwordHash,
    admin,
    createdAt: now,
    verifiedAt: verified ? now : null,
  };
}

/** Inside the caller's transaction. Problems: `identity.email-taken`. */
export async function insertUser(tx: Scope, row: NewUserRow): Promise<UserRow> {
  const made = await tx.db.run(insertUsers([row]));
  if (made === 0) {
    throw emailTaken();
  }
  await noteAct(tx, userMade(tx, row));
  return tx.db.one<UserRow>(userById(row.id));
}

/** The act of making this user; whoever makes an account without being signed in makes their own. */
export function userMade({ actor }: Pick<Scope, "actor">, row: NewUserRow): Act {
  const { id, email, admin, verifiedAt } = row;
  const own = actor.kind === "anonymous";
  return {
    act: own ? "identity.registered" : "identity.user-created",
    by: own ? { userId: id, email } : undefined,
    target: { kind: "user", id, name: email },
    details: { admin, verified: verifiedAt !== null },
  };
}

export function emailTaken(): Problem {
  const message = "There is an account with this e-mail already.";
  return new Problem("conflict", "identity.email-taken", {
    message,
    fields: { email: "is taken" },
  });
}
