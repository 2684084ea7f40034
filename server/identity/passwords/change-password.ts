import { inTransaction, noteAct, Problem, type Scope } from "#kernel";
import { forgetFailures } from "../attempts/attempts.ts";
import { revokeApiKeysOf } from "../keys/api-keys.sql.ts";
import { passwordChangedMail } from "../mail-texts.ts";
import { spendOneTimeTokens } from "../one-time-tokens.ts";
import { requireSession } from "../require.ts";
import { openSession, type SignedIn } from "../sessions/open-session.ts";
import { endAll } from "../sessions/sessions.ts";
import { identityOf, inBackground } from "../state.ts";
import { emailKey } from "../users/email-key.ts";
import { setPassword } from "../users/users.sql.ts";
import { hashPassword } from "./password-hash.ts";
import { provePassword } from "./prove-password.ts";

export interface PasswordChange {
  readonly currentPassword: string;
  readonly newPassword: string;
  readonly revokeApiKeys?: boolean | undefined;
  readonly userAgent: string;
}

/**
 * Changes the password of who asks: ends all sessions, this one too, and answers a fresh one. API keys stay unless they
 * are to be revoked as well: programs go on while a person tidies up.
 * Problems: `identity.session-required`, `identity.wrong-password`, `identity.same-password`, `identity.locked-out`, `identity.busy`.
 */
export async function changePassword(scope: Scope, change: PasswordChange): Promise<SignedIn> {
  const { email } = requireSession(scope);
  if (change.newPassword === change.currentPassword) {
    throw new Problem("invalid", "identity.same-password", {
      message: "The new password is the old one.",
      fields: { newPassword: "is the current one" },
    });
  }
  const user = await provePassword(
    scope,
    { email, password: change.currentPassword },
    wrongPassword,
  );
  const hash = await identityOf(scope).hashSlots.run(() => hashPassword(change.newPassword));
  const signedIn = await inTransaction(scope, async (tx) => {
    await replacePassword(tx, {
      userId: user.id,
      hash,
      revokeApiKeys: change.revokeApiKeys === true,
    });
    await noteAct(tx, {
      act: "identity.password-changed",
      target: { kind: "user", id: user.id, name: user.email },
      details: { keysRevoked: change.revokeApiKeys === true },
    });
    return openSession(tx, { user, userAgent: change.userAgent });
  });
  await forgetFailures(scope, { kind: "account", of: emailKey(email) });
  tellOwner(scope, user);
  return signedIn;
}

/** Sets the hash and ends what the old password had opened: sessions, links that were sent, and keys where asked. */
export async function replacePassword(
  tx: Scope,
  {
    userId,
    hash,
    revokeApiKeys,
  }: { readonly userId: string; readonly hash: string; readonly revokeApiKeys: boolean },
): Promise<void> {
  await tx.db.run(setPassword(userId, hash));
  await spendOneTimeTokens(tx, "reset-password", userId);
  await spendOneTimeTokens(tx, "second-factor", userId);
  if (revokeApiKeys) {
    await tx.db.run(revokeApiKeysOf(userId, tx.now()));
  }
  await endAll(tx, userId, null);
}

/** A mail about it, which nobody waits for. */
export function tellOwner(
  scope: Scope,
  user: { readonly email: string; readonly name: string },
): void {
  const letter = passwordChangedMail({
    to: user.email,
    name: user.name,
    publicUrl: scope.config.publicUrl,
  });
  inBackground(scope, "password mail", (later) => later.mail.send(letter));
}

/** The answer to somebody signed in who gives a wrong password: not 401, which would sign them out. */
export function wrongPassword(warning: string | undefined): Problem {
  return new Problem("forbidden", "identity.wrong-password", {
    message: "The password is not right.",
    ...(warning === undefined ? {} : { extra: { warning } }),
  });
}
