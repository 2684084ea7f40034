import { part, type Scope, type World } from "#kernel";
import { deleteOldRecent, putRecent, recentOf, type RecentRow } from "./recent.sql.ts";

/** Rows kept of one user. */
const KEPT_OF_USER = 50;
/** What was opened again within this time is not written again, milliseconds. */
const WRITE_AGAIN_MS = 5 * 60_000;
/** Opens remembered by one process, so that they are not written each time. */
const REMEMBERED_MAX = 20_000;
/** What nobody opened for this long is forgotten, milliseconds. */
const FORGOTTEN_MS = 180 * 24 * 3_600_000;

const written = part("records.recent", () => new Map<string, number>());

/**
 * Notes that the caller opened a base or a table of it. At most one small write in five minutes for each; a screen is shown
 * although it fails.
 */
export async function noteOpened(
  scope: Scope,
  opened: { readonly baseId: string; readonly tableId?: string; readonly viewId?: string },
): Promise<void> {
  const { actor } = scope;
  const { baseId, tableId = "", viewId = null } = opened;
  const at = scope.now();
  if (actor.kind !== "user" || !isDue(scope, `${actor.userId}/${baseId}/${tableId}`, at)) {
    return;
  }
  try {
    await scope.db.run(putRecent(actor.userId, { baseId, tableId, viewId, at }, KEPT_OF_USER));
  } catch (error) {
    scope.log.warn({ err: error }, "records: what was opened could not be noted");
  }
}

/** What a user opened lately, newest first. Asks no permission: what the user may not see any more is for the caller to leave out. */
export async function recentlyOpened(scope: Scope, userId: string): Promise<readonly RecentRow[]> {
  return scope.db.all<RecentRow>(recentOf(userId, KEPT_OF_USER));
}

/** Forgets what was opened long ago. */
export async function sweepRecent(scope: Scope): Promise<void> {
  await scope.db.run(deleteOldRecent(new Date(scope.now().getTime() - FORGOTTEN_MS)));
}

function isDue({ parts }: World, key: string, now: Date): boolean {
  const remembered = parts.of(written);
  if (now.getTime() - (remembered.get(key) ?? -Infinity) < WRITE_AGAIN_MS) {
    return false;
  }
  if (remembered.size >= REMEMBERED_MAX) {
    remembered.clear();
  }
  remembered.set(key, now.getTime());
  return true;
}
