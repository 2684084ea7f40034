import { inTransaction, type Scope } from "#kernel";
import { blobKey } from "./attachment.ts";
import { removeAbandoned } from "./spool.ts";
import { deleteOldBlob, findOldBlobs } from "./sweep-blobs.sql.ts";

/** Younger blobs stay: their cell may still be about to be written, milliseconds. */
export const SWEEP_AFTER_MS = 24 * 60 * 60 * 1_000;

/** Hashes in one question. */
const SWEEP_PAGE_LENGTH = 500;

/** Which of these are named by a cell, or by a change that can be undone. Renderings need not be known. */
export type StillUsed = (hashes: readonly string[]) => Promise<ReadonlySet<string>>;

/**
 * Removes the bytes that nobody needs any more and answers how many blobs. Renderings go with their image, at the latest in
 * the next sweep. Blobs are not counted as they are used, because those who use them live in many schemas and can also be
 * restored by undo; asking rarely and in pages is cheaper than counting right everywhere. Safe to run beside itself, beside
 * writers, and to be cut off at any point.
 */
export async function sweepBlobs(scope: Scope, stillUsed: StillUsed): Promise<number> {
  const before = new Date(scope.now().getTime() - SWEEP_AFTER_MS);
  let removed = 0;
  let after = "";
  while (!scope.signal.aborted) {
    const found = await scope.db.all<{ hash: string }>(
      findOldBlobs({ before, after, limit: SWEEP_PAGE_LENGTH }),
    );
    const hashes = found.map(({ hash }) => hash);
    const used = hashes.length === 0 ? new Set<string>() : await stillUsed(hashes);
    for (const hash of hashes.filter((candidate) => !used.has(candidate))) {
      removed += await removeBlob(scope, hash, before);
    }
    const last = hashes.at(-1);
    if (last === undefined || hashes.length < SWEEP_PAGE_LENGTH) {
      break;
    }
    after = last;
  }
  await removeAbandoned(scope.config.dataDir, before);
  return removed;
}

/** The file goes while the row is held, so that nobody can store the same bytes between the two. */
function removeBlob(scope: Scope, hash: string, before: Date): Promise<number> {
  return inTransaction(scope, async (tx) => {
    const removed = await tx.db.run(deleteOldBlob(hash, before));
    if (removed > 0) {
      await tx.store.delete(blobKey(hash));
    }
    return removed;
  });
}
