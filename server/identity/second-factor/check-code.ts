import type { Scope } from "#kernel";
import { unseal } from "../derived-keys.ts";
import { identityOf } from "../state.ts";
import { stepOfCode } from "./authenticator.ts";
import { noteStep, type SecondFactorRow } from "./second-factor.sql.ts";

/** True where the code is of the authenticator and of a step later than the last one taken: a code counts once. */
export async function takeAuthenticatorCode(
  tx: Scope,
  {
    userId,
    factor,
    code,
  }: { readonly userId: string; readonly factor: SecondFactorRow; readonly code: string },
): Promise<boolean> {
  const secret = unseal(identityOf(tx).keys.secondFactor, userId, factor.secret);
  const step = stepOfCode(secret, code, tx.now());
  if (step === undefined || step <= factor.lastStep) {
    return false;
  }
  await tx.db.run(noteStep(userId, step));
  return true;
}
