import type { Db, Tx } from "#kernel";
import { resetStatementTimeout, setStatementTimeout } from "./wanted-indexes.sql.ts";

/** How long making or dropping an index may take, milliseconds. */
const TIMEOUT_MS = 30 * 60_000;

/**
 * One connection of the pool for statements that PostgreSQL refuses inside a transaction, and that may take their time. The
 * pool hands out connections for transactions alone, so that is ended first, and an empty one begun at the end.
 */
export async function outsideTransaction(
  db: Db,
  work: (session: Tx) => Promise<void>,
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.script("commit");
    try {
      await tx.script(setStatementTimeout(TIMEOUT_MS).text);
      await work(tx);
    } finally {
      await tx.script(resetStatementTimeout.text);
      await tx.script("begin");
    }
  });
}
