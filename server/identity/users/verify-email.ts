import { inTransaction, Problem, type Scope } from "#kernel";
import { noteFailure, refuseLocked, takeMail } from "../attempts/attempts.ts";
import { addressKey } from "../attempts/address-key.ts";
import { verifyMail } from "../mail-texts.ts";
import { issueOneTimeToken, readOneTimeToken, spendOneTimeTokens } from "../one-time-tokens.ts";
import { requireSession } from "../require.ts";
import { inBackground, USER_SIGNAL } from "../state.ts";
import { emailKey } from "./email-key.ts";
import { setVerified, userById, type UserRow } from "./users.sql.ts";

/** Sends the mail that confirms an address; nobody waits for it. At most a few an hour for one address. */
export function sendVerification(scope: Scope, user: UserRow): void {
  inBackground(scope, "verification mail", async (later) => {
    if (!(await takeMail(later, emailKey(user.email)))) {
      return;
    }
    const token = await issueOneTimeToken(later, "verify-email", user.id);
    await later.mail.send(
      verifyMail({ to: user.email, name: user.name, publicUrl: later.config.publicUrl, token }),
    );
  });
}

/** Asks for that mail once more. Problems: `identity.session-required`, `identity.already-verified`, `identity.locked-out`. */
export async function askVerification(scope: Scope): Promise<void> {
  const { userId } = requireSession(scope);
  const from = { kind: "mail-from", of: addressKey(scope.address) } as const;
  await refuseLocked(scope, [from]);
  await noteFailure(scope, from);
  const user = await scope.db.one<UserRow>(userById(userId));
  if (user.verifiedAt !== null) {
    throw new Problem("conflict", "identity.already-verified", {
      message: "The address has been confirmed already.",
    });
  }
  sendVerification(scope, user);
}

/** Confirms an address. Problems: `identity.token-invalid`, `identity.token-used`, `identity.token-expired`. */
export async function verifyEmail(scope: Scope, token: string): Promise<void> {
  await inTransaction(scope, async (tx) => {
    const userId = await readOneTimeToken(tx, "verify-email", token);
    await tx.db.run(setVerified(userId, tx.now()));
    await spendOneTimeTokens(tx, "verify-email", userId);
    await tx.signals.send(tx.db, USER_SIGNAL, userId);
  });
}
