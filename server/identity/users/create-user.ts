import { newId, Problem, type Scope } from "#kernel";
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
  return insertUser(scope, await newUserRow(scope, user));
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

/** Problems: `identity.email-taken`. */
export async function insertUser(scope: Scope, row: NewUserRow): Promise<UserRow> {
  const made = await scope.db.run(insertUsers([row]));
  if (made === 0) {
    throw emailTaken();
  }
  return scope.db.one<UserRow>(userById(row.id));
}

export function emailTaken(): Problem {
  const message = "There is an account with this e-mail already.";
  return new Problem("conflict", "identity.email-taken", {
    message,
    fields: { email: "is taken" },
  });
}
