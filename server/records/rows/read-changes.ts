import { readEvents, type ChangeEvent, type Scope } from "#kernel";
import { allow } from "#workspaces";
import { actorId } from "./call-event.ts";
import { feedLag } from "./feed-lag.ts";
import { baseTxn } from "./get-record.sql.ts";

/** Entries in one answer at most. Ours. */
export const CHANGES_MAX = 1_000;

export interface ChangePage {
  readonly changes: readonly ChangeEvent[];
  /** Ask again with `after` this. */
  readonly cursor: number;
  /** There may be more right now. */
  readonly mightHaveMore: boolean;
}

/**
 * Entries of a base's change log after a transaction, in order and without gaps; whole transactions only.
 * Problems: `workspaces.*`.
 */
export async function readChanges(
  scope: Scope,
  page: { readonly baseId: string; readonly after: number; readonly limit: number },
): Promise<ChangePage> {
  await allow(scope, "records.read", { baseId: page.baseId });
  const limit = Math.min(page.limit, CHANGES_MAX);
  const changes: readonly ChangeEvent[] = await readEvents(scope.db, {
    baseId: page.baseId,
    after: page.after,
    limit,
  });
  const cursor = changes.at(-1)?.txn ?? page.after;
  scope.parts
    .of(feedLag)
    .note(actorId(scope) ?? "", { baseId: page.baseId, cursor, at: scope.now().getTime() });
  // A page ends before a transaction that does not fit, so it may be short although there is more.
  const [base] = changes.length === 0 ? [] : await scope.db.text(baseTxn(page.baseId));
  return { changes, cursor, mightHaveMore: Number(base?.[0] ?? 0) > cursor };
}
