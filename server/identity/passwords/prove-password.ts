import type { Problem, Scope } from "#kernel";
import {
  addressCounter,
  noteFailure,
  refuseLocked,
  signInCounters,
  warningFor,
} from "../attempts/attempts.ts";
import { countSignIn } from "../sessions/sign-in-metric.ts";
import { identityOf } from "../state.ts";
import { emailKey } from "../users/email-key.ts";
import { userForSignIn, type SignInRow } from "../users/users.sql.ts";
import { verifyPassword } from "./password-hash.ts";

/** Makes the answer to a wrong password or code; the warning says that few attempts remain. */
export type Refusal = (warning: string | undefined) => Problem;

/**
 * The active user of this e-mail and password; else counts a failure and throws the refusal. Unknown, disabled and known
 * users cost the same work. Guesses at one account wait for each other, and the lock is asked for inside the turn, so
 * none slips past it.
 * Problems: those of the refusal, `identity.locked-out`, `identity.busy`.
 */
export async function provePassword(
  scope: Scope,
  { email, password }: { readonly email: string; readonly password: string },
  refusal: Refusal,
): Promise<SignInRow> {
  const key = emailKey(email);
  const { turns, hashSlots } = identityOf(scope);
  // Before anybody waits: whoever is locked out is told at once, and so is everybody while the database is away.
  await refuseLocked(scope, signInCounters(scope, key));
  return turns.take(key, () =>
    hashSlots.run(async () => {
      await refuseLocked(scope, signInCounters(scope, key));
      const user = await scope.db.maybe<SignInRow>(userForSignIn(key));
      const isRight = await verifyPassword(user?.passwordHash, password);
      if (!isRight || user === undefined || user.disabledAt !== null) {
        throw refusal(await countFailedProof(scope, key));
      }
      return user;
    }),
  );
}

/** Counts a wrong password or code against the account and the address; answers what to warn of, if anything. */
export async function countFailedProof(scope: Scope, key: string): Promise<string | undefined> {
  const warning = warningFor(await noteFailure(scope, { kind: "account", of: key }));
  await noteFailure(scope, addressCounter(scope));
  countSignIn(scope, "failure");
  return warning;
}
