import { noteRefusal, Problem, type Scope } from "#kernel";
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
  const refuse = (): Promise<void> => refuseLockedOut(scope, key);
  // Before anybody waits: whoever is locked out is told at once, and so is everybody while the database is away.
  await refuse();
  return turns.take(key, () =>
    hashSlots.run(async () => {
      await refuse();
      const user = await scope.db.maybe<SignInRow>(userForSignIn(key));
      const isRight = await verifyPassword(user?.passwordHash, password);
      if (!isRight || user === undefined || user.disabledAt !== null) {
        const problem = refusal(await countFailedProof(scope, key));
        await noteRefusal(scope, {
          act: actOf(scope),
          reason: problem.code,
          target: { kind: "user", id: user?.id, name: email },
          details: { why: whyRefused(user) },
        });
        throw problem;
      }
      return user;
    }),
  );
}

/** Problems: `identity.locked-out`, which is written down by address alone: what was tried before says whose account it is. */
async function refuseLockedOut(scope: Scope, key: string): Promise<void> {
  try {
    await refuseLocked(scope, signInCounters(scope, key));
  } catch (error) {
    if (error instanceof Problem && error.kind === "too-many-requests") {
      await noteRefusal(scope, { act: actOf(scope), reason: error.code });
    }
    throw error;
  }
}

function actOf({ actor }: Scope): "identity.sign-in" | "identity.password-proof" {
  return actor.kind === "user" ? "identity.password-proof" : "identity.sign-in";
}

/** For administrators only: the caller is told nothing of it. */
function whyRefused(user: SignInRow | undefined): string {
  if (user === undefined) {
    return "there is no such account";
  }
  return user.disabledAt === null ? "the password is wrong" : "the account is disabled";
}

/** Counts a wrong password or code against the account and the address; answers what to warn of, if anything. */
export async function countFailedProof(scope: Scope, key: string): Promise<string | undefined> {
  const warning = warningFor(await noteFailure(scope, { kind: "account", of: key }));
  await noteFailure(scope, addressCounter(scope));
  countSignIn(scope, "failure");
  return warning;
}
