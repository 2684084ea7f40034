import { Problem, type Scope } from "#kernel";
import { newOpaqueToken, opaqueHash, type OpaquePrefix } from "./opaque-token.ts";
import {
  insertOneTimeToken,
  lockOneTimeToken,
  useOneTimeTokens,
  type OneTimePurpose,
  type OneTimeRow,
} from "./one-time-tokens.sql.ts";

/** How long tokens last, seconds. */
export const RESET_TOKEN_S = 3_600;
export const VERIFY_TOKEN_S = 24 * 3_600;
export const SECOND_FACTOR_TOKEN_S = 5 * 60;

const kinds: Readonly<
  Record<OneTimePurpose, { readonly prefix: OpaquePrefix; readonly lifeS: number }>
> = {
  "reset-password": { prefix: "rst", lifeS: RESET_TOKEN_S },
  "verify-email": { prefix: "vfy", lifeS: VERIFY_TOKEN_S },
  "second-factor": { prefix: "sfa", lifeS: SECOND_FACTOR_TOKEN_S },
};

/** Makes a token that acts once, for one purpose and one user. */
export async function issueOneTimeToken(
  scope: Scope,
  purpose: OneTimePurpose,
  userId: string,
): Promise<string> {
  const { prefix, lifeS } = kinds[purpose];
  const { token, hash } = newOpaqueToken(prefix);
  const issuedAt = scope.now();
  await scope.db.run(
    insertOneTimeToken({
      hash,
      purpose,
      userId,
      issuedAt,
      expiresAt: new Date(issuedAt.getTime() + lifeS * 1000),
    }),
  );
  return token;
}

/**
 * The user of a token that is still good. Locks it until the transaction ends, so it cannot act twice.
 * Problems: `identity.token-invalid`, `identity.token-used`, `identity.token-expired`.
 */
export async function readOneTimeToken(
  tx: Scope,
  purpose: OneTimePurpose,
  token: string,
): Promise<string> {
  const row = await tx.db.maybe<OneTimeRow>(lockOneTimeToken(opaqueHash(token), purpose));
  if (row === undefined) {
    throw new Problem("unauthenticated", "identity.token-invalid", {
      message: "This token is not valid.",
    });
  }
  if (row.usedAt !== null) {
    throw new Problem("unauthenticated", "identity.token-used", {
      message: "This token has been used already; ask for a new one.",
    });
  }
  if (row.expiresAt <= tx.now()) {
    throw new Problem("unauthenticated", "identity.token-expired", {
      message: "This token has expired; ask for a new one.",
    });
  }
  return row.userId;
}

/** Marks every token of the purpose as used: one that acted takes the others with it. */
export async function spendOneTimeTokens(
  tx: Scope,
  purpose: OneTimePurpose,
  userId: string,
): Promise<void> {
  await tx.db.run(useOneTimeTokens(userId, purpose, tx.now()));
}
