import type { Db, Scope, UserActor, World } from "#kernel";
import { accessCache, readAccess, type AskedAbout } from "./access-cache.ts";
import type { Place } from "./access.ts";
import { isVisible, reaches } from "./decide.ts";
import { basesAfter, basesIn, workspacesOf, workspacesThere } from "./places-of-use.sql.ts";

/** A base and its workspace. */
export interface PlacedBase {
  readonly baseId: string;
  readonly workspaceId: string;
}

/**
 * To whose account a use goes: for each user and place the workspace, or undefined where the user may not even know of the
 * place: what strangers ask for must not count for those whom they ask about. Two statements at most.
 */
export async function workspacesSeen(
  world: Pick<World, "db" | "now">,
  asked: readonly AskedAbout[],
): Promise<(string | undefined)[]> {
  const now = world.now();
  const found = await readAccess(world.db, asked, now);
  return found.map((access) =>
    access !== undefined && isVisible(access, now) ? access.workspaceId : undefined,
  );
}

/**
 * True where the caller is known to see the place, false where known not to; undefined where memory does not say, and then
 * it is read in the background for the next time.
 */
export function seesFromMemory(
  scope: Pick<Scope, "parts" | "now" | "log">,
  { userId, credential }: UserActor,
  place: Place,
): boolean | undefined {
  const cache = scope.parts.of(accessCache);
  const entry = cache.peek(userId, place);
  if (entry === undefined) {
    cache
      .get(userId, place)
      .catch((error: unknown) =>
        scope.log.debug({ err: error }, "workspaces: no answer on a place"),
      );
    return undefined;
  }
  const { access } = entry;
  return access !== undefined && isVisible(access, scope.now()) && reaches(credential, access);
}

/** The bases that are not in the trash, of these workspaces. */
export async function basesOfWorkspaces(
  db: Db,
  workspaceIds: readonly string[],
): Promise<readonly PlacedBase[]> {
  return workspaceIds.length === 0 ? [] : db.all<PlacedBase>(basesIn(workspaceIds));
}

/** The workspaces of bases, by base; of those that are there. */
export async function workspacesOfBases(
  db: Db,
  baseIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = baseIds.length === 0 ? [] : await db.all<PlacedBase>(workspacesOf(baseIds));
  return new Map(rows.map(({ baseId, workspaceId }) => [baseId, workspaceId]));
}

/** Every base that is not in the trash, by id, page by page. */
export async function placedBases(
  db: Db,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<readonly PlacedBase[]> {
  return db.all<PlacedBase>(basesAfter(after, limit));
}

/** Which of these workspaces are gone for good. */
export async function goneWorkspaces(db: Db, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const there = await db.all<{ id: string }>(workspacesThere(ids));
  const known = new Set(there.map(({ id }) => id));
  return new Set(ids.filter((id) => !known.has(id)));
}
