import { inTransaction, noteAct, Problem, type Scope } from "#kernel";
import { forgetFailures } from "../attempts/attempts.ts";
import { issueOneTimeToken, SECOND_FACTOR_TOKEN_S } from "../one-time-tokens.ts";
import { provePassword } from "../passwords/prove-password.ts";
import { emailKey } from "../users/email-key.ts";
import type { UserRow } from "../users/users.sql.ts";
import { openSession, type SignedIn } from "./open-session.ts";
import { countSignIn } from "./sign-in-metric.ts";

export interface Credentials {
  readonly email: string;
  readonly password: string;
  readonly userAgent: string;
}

/** A sign-in that waits for its second factor: this token finishes it and does nothing else. */
export interface HalfSignedIn {
  readonly secondFactorToken: string;
  readonly expiresInS: number;
}

/**
 * Signs in with e-mail and password. Unknown, disabled and known users are answered alike and after the same work.
 * Problems: `identity.invalid-credentials`, `identity.locked-out`, `identity.busy`.
 */
export async function login(
  scope: Scope,
  { email, password, userAgent }: Credentials,
): Promise<SignedIn | HalfSignedIn> {
  const user = await provePassword(scope, { email, password }, invalidCredentials);
  if (user.twoFactor) {
    // The failures stay counted until the second factor is right as well, else the password would buy endless guesses.
    const token = await issueOneTimeToken(scope, "second-factor", user.id);
    return { secondFactorToken: token, expiresInS: SECOND_FACTOR_TOKEN_S };
  }
  return finishSignIn(scope, user, userAgent);
}

/** Everything was proved: forgets the failures and begins the session. */
export async function finishSignIn(
  scope: Scope,
  user: UserRow,
  userAgent: string,
): Promise<SignedIn> {
  await forgetFailures(scope, { kind: "account", of: emailKey(user.email) });
  countSignIn(scope, "success");
  const { address, requestId } = scope;
  scope.log.info({ userId: user.id, address, requestId }, "identity: signed in");
  return inTransaction(scope, async (tx) => {
    const signedIn = await openSession(tx, { user, userAgent });
    await noteAct(tx, {
      act: "identity.signed-in",
      by: { userId: user.id, email: user.email },
      target: { kind: "session", id: signedIn.sessionId },
      details: { secondFactor: user.twoFactor },
    });
    return signedIn;
  });
}

/** The one answer to a sign-in that fails, as plain text. */
export function invalidCredentials(warning: string | undefined): Problem {
  return new Problem("unauthenticated", "identity.invalid-credentials", {
    message: "Invalid credentials",
    extra: { error: "Invalid credentials", ...(warning === undefined ? {} : { warning }) },
  });
}
