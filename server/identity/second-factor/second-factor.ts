import { inTransaction, noteAct, Problem, type Scope, type UserActor } from "#kernel";
import { forgetFailures, refuseLocked, signInCounters } from "../attempts/attempts.ts";
import { seal } from "../derived-keys.ts";
import { wrongPassword } from "../passwords/change-password.ts";
import { countFailedProof, provePassword } from "../passwords/prove-password.ts";
import { requireSession } from "../require.ts";
import { identityOf, USER_SIGNAL } from "../state.ts";
import { emailKey } from "../users/email-key.ts";
import { authenticatorUri, newAuthenticatorSecret } from "./authenticator.ts";
import { replaceBackupCodes } from "./backup-codes.ts";
import { takeAuthenticatorCode } from "./check-code.ts";
import {
  beginSecondFactor,
  confirmSecondFactor,
  deleteBackupCodes,
  deleteSecondFactor,
  lockSecondFactor,
  type SecondFactorRow,
} from "./second-factor.sql.ts";

/**
 * Begins with a second factor: a secret for the authenticator, which counts for nothing until a code confirms it.
 * Problems: `identity.session-required`, `identity.wrong-password`, `identity.two-factor-on`.
 */
export async function setUpTwoFactor(
  scope: Scope,
  password: string,
): Promise<{ readonly secret: string; readonly uri: string }> {
  const user = await proved(scope, password);
  const secret = newAuthenticatorSecret();
  const sealed = seal(identityOf(scope).keys.secondFactor, user.userId, secret);
  if ((await scope.db.maybe(beginSecondFactor(user.userId, sealed, scope.now()))) === undefined) {
    throw alreadyOn();
  }
  return { secret, uri: authenticatorUri(secret, user.email) };
}

/**
 * Switches the second factor on with a first code; answers the backup codes, this once.
 * Problems: `identity.session-required`, `identity.two-factor-not-begun`, `identity.two-factor-on`, `identity.wrong-code`, `identity.locked-out`.
 */
export async function confirmTwoFactor(scope: Scope, code: string): Promise<readonly string[]> {
  const { userId, email } = requireSession(scope);
  const key = emailKey(email);
  return identityOf(scope).turns.take(key, async () => {
    await refuseLocked(scope, signInCounters(scope, key));
    const codes = await inTransaction(scope, (tx) => confirm(tx, userId, code));
    if (codes === undefined) {
      throw wrongCode(await countFailedProof(scope, key));
    }
    return codes;
  });
}

/** Replaces the backup codes. Problems: `identity.session-required`, `identity.wrong-password`, `identity.two-factor-off`. */
export async function renewBackupCodes(scope: Scope, password: string): Promise<readonly string[]> {
  const { userId } = await proved(scope, password);
  return inTransaction(scope, async (tx) => {
    const factor = await tx.db.maybe<SecondFactorRow>(lockSecondFactor(userId));
    if (factor?.confirmedAt == null) {
      throw new Problem("conflict", "identity.two-factor-off", {
        message: "The second factor is not on.",
      });
    }
    await noteAct(tx, {
      act: "identity.backup-codes-renewed",
      target: { kind: "user", id: userId },
    });
    return replaceBackupCodes(tx, userId);
  });
}

/** Switches the second factor off. Problems: `identity.session-required`, `identity.wrong-password`. */
export async function disableTwoFactor(scope: Scope, password: string): Promise<void> {
  const { userId } = await proved(scope, password);
  await inTransaction(scope, async (tx) => {
    await tx.db.run(deleteSecondFactor(userId));
    await tx.db.run(deleteBackupCodes(userId));
    await noteAct(tx, { act: "identity.second-factor-off", target: { kind: "user", id: userId } });
    await tx.signals.send(tx.db, USER_SIGNAL, userId);
  });
}

async function confirm(
  tx: Scope,
  userId: string,
  code: string,
): Promise<readonly string[] | undefined> {
  const factor = await tx.db.maybe<SecondFactorRow>(lockSecondFactor(userId));
  if (factor === undefined) {
    throw new Problem("conflict", "identity.two-factor-not-begun", {
      message: "Set the second factor up first.",
    });
  }
  if (factor.confirmedAt !== null) {
    throw alreadyOn();
  }
  if (!(await takeAuthenticatorCode(tx, { userId, factor, code }))) {
    return undefined;
  }
  await tx.db.run(confirmSecondFactor(userId, tx.now()));
  await noteAct(tx, { act: "identity.second-factor-on", target: { kind: "user", id: userId } });
  return replaceBackupCodes(tx, userId);
}

async function proved(scope: Scope, password: string): Promise<UserActor> {
  const user = requireSession(scope);
  await provePassword(scope, { email: user.email, password }, wrongPassword);
  await forgetFailures(scope, { kind: "account", of: emailKey(user.email) });
  return user;
}

function wrongCode(warning: string | undefined): Problem {
  return new Problem("invalid", "identity.wrong-code", {
    message: "The code is not right, or was used already.",
    fields: { code: "is not right" },
    ...(warning === undefined ? {} : { extra: { warning } }),
  });
}

function alreadyOn(): Problem {
  return new Problem("conflict", "identity.two-factor-on", {
    message: "The second factor is on already; switch it off first.",
  });
}
