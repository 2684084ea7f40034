import type { Scope } from "#kernel";
import {
  deleteOldAttempts,
  deleteOldOneTimeTokens,
  deleteOldRefreshTokens,
  deleteOldSessions,
} from "./sweep.sql.ts";

const DAY_MS = 24 * 3_600_000;
/** How long what is over stays: a refresh token used twice, or a link that has expired, is still told as such. */
const KEPT_MS = 7 * DAY_MS;
/** Counters of failures are of no use after this long. */
const ATTEMPTS_KEPT_MS = 2 * DAY_MS;

/** Deletes sessions and tokens that are long over and counters that count no more; answers how many rows. Run daily. */
export async function sweepIdentity(scope: Scope): Promise<number> {
  const before = new Date(scope.now().getTime() - KEPT_MS);
  const counts = [
    await scope.db.run(deleteOldRefreshTokens(before)),
    await scope.db.run(deleteOldSessions(before)),
    await scope.db.run(deleteOldOneTimeTokens(before)),
    await scope.db.run(deleteOldAttempts(new Date(scope.now().getTime() - ATTEMPTS_KEPT_MS))),
  ];
  return counts.reduce((sum, count) => sum + count, 0);
}
