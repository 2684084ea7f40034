import { inTransaction, noteRefusal, Problem, type Scope } from "#kernel";
import { addressCounter, refuseLocked, signInCounters } from "../attempts/attempts.ts";
import { readOneTimeToken, spendOneTimeTokens } from "../one-time-tokens.ts";
import { countFailedProof } from "../passwords/prove-password.ts";
import { finishSignIn, invalidCredentials } from "../sessions/login.ts";
import type { SignedIn } from "../sessions/open-session.ts";
import { identityOf } from "../state.ts";
import { emailKey } from "../users/email-key.ts";
import { userById, type UserRow } from "../users/users.sql.ts";
import { spendBackupCode } from "./backup-codes.ts";
import { takeAuthenticatorCode } from "./check-code.ts";
import { lockSecondFactor, type SecondFactorRow } from "./second-factor.sql.ts";

export interface SecondStep {
  readonly secondFactorToken: string;
  /** Of the authenticator, or a backup code. */
  readonly code: string;
  readonly userAgent: string;
}

/**
 * Finishes a sign-in with its second factor. Wrong codes count like wrong passwords.
 * Problems: `identity.token-invalid`, `identity.token-used`, `identity.token-expired`, `identity.invalid-credentials`,
 * `identity.locked-out`, `identity.busy`.
 */
export async function finishLogin(
  scope: Scope,
  { secondFactorToken, code, userAgent }: SecondStep,
): Promise<SignedIn> {
  await refuseLocked(scope, [addressCounter(scope)]);
  const user = await inTransaction(scope, (tx) => halfSignedIn(tx, secondFactorToken));
  const key = emailKey(user.email);
  await identityOf(scope).turns.take(key, async () => {
    await refuseLocked(scope, signInCounters(scope, key));
    if (!(await inTransaction(scope, (tx) => prove(tx, { user, secondFactorToken, code })))) {
      const problem = invalidCredentials(await countFailedProof(scope, key));
      await noteRefusal(scope, {
        act: "identity.sign-in",
        reason: problem.code,
        target: { kind: "user", id: user.id, name: user.email },
        details: { why: "the code of the second factor is wrong" },
      });
      throw problem;
    }
  });
  return finishSignIn(scope, user, userAgent);
}

async function prove(
  tx: Scope,
  {
    user,
    secondFactorToken,
    code,
  }: { readonly user: UserRow; readonly secondFactorToken: string; readonly code: string },
): Promise<boolean> {
  await readOneTimeToken(tx, "second-factor", secondFactorToken);
  const factor = await tx.db.maybe<SecondFactorRow>(lockSecondFactor(user.id));
  const isRight =
    factor !== undefined &&
    ((await takeAuthenticatorCode(tx, { userId: user.id, factor, code })) ||
      (await spendBackupCode(tx, user.id, code)));
  if (isRight) {
    await spendOneTimeTokens(tx, "second-factor", user.id);
  }
  return isRight;
}

async function halfSignedIn(tx: Scope, token: string): Promise<UserRow> {
  const userId = await readOneTimeToken(tx, "second-factor", token);
  const user = await tx.db.maybe<UserRow>(userById(userId));
  if (user === undefined || user.disabledAt !== null) {
    throw new Problem("unauthenticated", "identity.token-invalid", {
      message: "This token is not valid.",
    });
  }
  return user;
}
