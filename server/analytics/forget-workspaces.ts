import type { Scope } from "#kernel";
import { goneWorkspaces } from "#workspaces";
import { deleteEventsBefore } from "./events/keep-partitions.ts";
import { countedWorkspaces, forgetWorkspace } from "./forget-workspaces.sql.ts";

/** The chore: what was counted for workspaces that are gone for good, and their events. Answers how many workspaces. */
export async function forgetGoneWorkspaces(scope: Scope): Promise<number> {
  const counted = await scope.db.all<{ id: string }>(countedWorkspaces());
  const gone = await goneWorkspaces(
    scope.db,
    counted.map(({ id }) => id),
  );
  for (const id of gone) {
    await deleteEventsBefore(scope, id, END_OF_TIME);
    if (scope.signal.aborted) {
      return 0;
    }
    await scope.db.pipeline(forgetWorkspace(id));
  }
  return gone.size;
}

/** Later than any event. */
const END_OF_TIME = new Date(Date.UTC(9999, 0, 1));
