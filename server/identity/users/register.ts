import { inTransaction, Problem, type Scope } from "#kernel";
import { addressCounter, noteFailure, refuseLocked } from "../attempts/attempts.ts";
import { openSession, type SignedIn } from "../sessions/open-session.ts";
import { sendVerification } from "./verify-email.ts";
import { insertUser, newUserRow } from "./create-user.ts";
import { emailKey } from "./email-key.ts";
import { anyUser, lockFirstUser, userForSignIn } from "./users.sql.ts";

export interface Registration {
  readonly email: string;
  readonly password: string;
  readonly name?: string | undefined;
  readonly userAgent: string;
}

/**
 * Makes an account and signs in. The first one of an instance becomes its administrator whatever the setting says; two
 * first ones at once are told apart by a lock. Trying out which e-mails are taken counts like a failed sign-in.
 * Problems: `identity.registration-closed`, `identity.email-taken`, `identity.locked-out`, `identity.busy`.
 */
export async function register(
  scope: Scope,
  { email, password, name, userAgent }: Registration,
): Promise<SignedIn> {
  await refuseLocked(scope, [addressCounter(scope)]);
  await refuseEarly(scope, email);
  const row = await newUserRow(scope, { email, password, name });
  const signedIn = await inTransaction(scope, async (tx) => {
    const first = await isFirst(tx);
    if (!first) {
      refuseClosed(tx);
    }
    const user = await insertUser(tx, { ...row, admin: first });
    return openSession(tx, { user, userAgent });
  });
  sendVerification(scope, signedIn.user);
  return signedIn;
}

/** What can be refused without a hash. */
async function refuseEarly(scope: Scope, email: string): Promise<void> {
  const { found } = await scope.db.one<{ found: boolean }>(anyUser());
  if (found) {
    refuseClosed(scope);
  }
  if ((await scope.db.maybe(userForSignIn(emailKey(email)))) !== undefined) {
    await noteFailure(scope, addressCounter(scope));
  }
}

function refuseClosed({ config }: Scope): void {
  if (config.registration !== "open") {
    throw new Problem("forbidden", "identity.registration-closed", {
      message: "Registration is closed on this instance; ask its administrator for an account.",
    });
  }
}

async function isFirst(tx: Scope): Promise<boolean> {
  await tx.db.run(lockFirstUser());
  const { found } = await tx.db.one<{ found: boolean }>(anyUser());
  return !found;
}
