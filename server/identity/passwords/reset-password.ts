import { inTransaction, noteAct, type Scope } from "#kernel";
import { addressKey } from "../attempts/address-key.ts";
import {
  addressCounter,
  forgetFailures,
  noteFailure,
  refuseLocked,
  takeMail,
} from "../attempts/attempts.ts";
import { resetMail } from "../mail-texts.ts";
import { issueOneTimeToken, readOneTimeToken } from "../one-time-tokens.ts";
import { identityOf, inBackground } from "../state.ts";
import { emailKey } from "../users/email-key.ts";
import {
  setVerified,
  userById,
  userForSignIn,
  type SignInRow,
  type UserRow,
} from "../users/users.sql.ts";
import { replacePassword, tellOwner } from "./change-password.ts";
import { hashPassword } from "./password-hash.ts";

/**
 * Sends a mail with a token to choose a new password, if the address is somebody's. What differs between known and
 * unknown happens after the answer.
 * Problems: `identity.locked-out` for an address that asks too often.
 */
export async function forgotPassword(scope: Scope, email: string): Promise<void> {
  const from = { kind: "mail-from", of: addressKey(scope.address) } as const;
  await refuseLocked(scope, [from]);
  await noteFailure(scope, from);
  inBackground(scope, "reset mail", (later) => sendReset(later, email));
}

/**
 * Chooses a new password with the token of the mail. Ends every session and revokes every API key: whoever had got in is
 * out. The mail was read, so the address is confirmed too.
 * Problems: `identity.token-invalid`, `identity.token-used`, `identity.token-expired`, `identity.locked-out`, `identity.busy`.
 */
export async function resetPassword(
  scope: Scope,
  { token, newPassword }: { readonly token: string; readonly newPassword: string },
): Promise<void> {
  await refuseLocked(scope, [addressCounter(scope)]);
  // Asked before the hash, so that a made-up token costs none.
  await inTransaction(scope, (tx) => readOneTimeToken(tx, "reset-password", token));
  const hash = await identityOf(scope).hashSlots.run(() => hashPassword(newPassword));
  const user = await inTransaction(scope, async (tx) => {
    const userId = await readOneTimeToken(tx, "reset-password", token);
    await replacePassword(tx, { userId, hash, revokeApiKeys: true });
    await tx.db.run(setVerified(userId, tx.now()));
    const row = await tx.db.one<UserRow>(userById(userId));
    await noteAct(tx, {
      act: "identity.password-reset",
      by: { userId, email: row.email },
      target: { kind: "user", id: userId, name: row.email },
      details: { keysRevoked: true },
    });
    return row;
  });
  await forgetFailures(scope, { kind: "account", of: emailKey(user.email) });
  tellOwner(scope, user);
}

async function sendReset(scope: Scope, email: string): Promise<void> {
  const key = emailKey(email);
  const user = await scope.db.maybe<SignInRow>(userForSignIn(key));
  if (user === undefined || user.disabledAt !== null || !(await takeMail(scope, key))) {
    return;
  }
  const token = await issueOneTimeToken(scope, "reset-password", user.id);
  await scope.mail.send(
    resetMail({ to: user.email, name: user.name, publicUrl: scope.config.publicUrl, token }),
  );
}
