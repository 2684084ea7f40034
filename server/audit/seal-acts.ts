import { inTransaction, type Scope } from "#kernel";
import { GENESIS, macOf, sealKey } from "./seal.ts";
import {
  insertSeal,
  lockSealing,
  newestSeal,
  unsealedParts,
  type SealedPart,
  type SealRow,
} from "./seal-acts.sql.ts";

/** Acts that one seal covers at most: bounds one statement. */
const ACTS_PER_SEAL_MAX = 10_000;
/** How many seals back an act is looked for that was numbered early and committed late: hours, at one a minute. */
const LOOK_BACK_SEALS = 300;

/**
 * Seals what has been written since the last time: a digest of the acts under a key that the database does not have, chained
 * to the seal before. Whoever changes or removes a sealed act, even as the database's superuser, is found by
 * `checkIntegrity`. Run every minute; another process that is at it is left alone. Answers how many acts were sealed.
 */
export async function sealActs(scope: Scope): Promise<number> {
  let sealed = 0;
  for (let last = ACTS_PER_SEAL_MAX; last === ACTS_PER_SEAL_MAX && !scope.signal.aborted;) {
    last = await inTransaction(scope, sealSome);
    sealed += last;
  }
  return sealed;
}

async function sealSome(tx: Scope): Promise<number> {
  const { locked } = await tx.db.one<{ locked: boolean }>(lockSealing());
  if (!locked) {
    return 0;
  }
  const parts = await tx.db.all<SealedPart>(unsealedParts(LOOK_BACK_SEALS, ACTS_PER_SEAL_MAX));
  const newest = parts.length === 0 ? undefined : await tx.db.maybe<SealRow>(newestSeal());
  let previous = newest?.mac ?? GENESIS;
  for (const part of parts) {
    previous = await sealPart(tx, part, previous);
  }
  return parts.reduce((sum, { entries }) => sum + entries, 0);
}

async function sealPart(tx: Scope, part: SealedPart, previous: string): Promise<string> {
  const key = sealKey(tx);
  const seal = { ...part, at: tx.now(), keyId: key.id, previous };
  const mac = macOf(key, seal);
  const { id } = await tx.db.one<{ id: number }>(insertSeal({ ...seal, mac }));
  // Whoever keeps the log elsewhere can tell later that the newest seals were cut off.
  tx.log.info({ seal: id, entries: part.entries, mac }, "audit: acts were sealed");
  return mac;
}
