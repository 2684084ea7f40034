import type { Scope } from "#kernel";
import { addressCounter, refuseLocked } from "../attempts/attempts.ts";
import { insertUser, newUserRow, type NewUser } from "./create-user.ts";
import type { UserRow } from "./users.sql.ts";
import { sendVerification } from "./verify-email.ts";

/** An account whose password is hashed already, so that the transaction which makes it waits for nothing. */
export interface ReadyAccount {
  /**
   * Makes the account; the mail that confirms its address leaves after the commit.
   * Problems: `identity.email-taken`.
   */
  insert(tx: Scope): Promise<UserRow>;
}

/**
 * An account for somebody who may have one although registration is closed; whether they may is for the caller to know,
 * and to know before, because this costs a hash.
 * Problems: `identity.locked-out` for an address that failed too often, `identity.busy`.
 */
export async function readyAccount(scope: Scope, user: NewUser): Promise<ReadyAccount> {
  await refuseLocked(scope, [addressCounter(scope)]);
  const row = await newUserRow(scope, user);
  return {
    insert: async (tx) => {
      const made = await insertUser(tx, row);
      sendVerification(tx, made);
      return made;
    },
  };
}
