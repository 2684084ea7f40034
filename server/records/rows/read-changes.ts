import { readEvents, type ChangeEvent, type Scope } from "#kernel";
import { allow } from "#workspaces";

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
  const changes = await readEvents(scope.db, { baseId: page.baseId, after: page.after, limit });
  return {
    changes,
    cursor: changes.at(-1)?.txn ?? page.after,
    mightHaveMore: changes.length >= limit,
  };
}
