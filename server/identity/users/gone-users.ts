import type { World } from "#kernel";
import { activeUserIds } from "./users.sql.ts";

/** Which of these nobody can act as any more: deleted, disabled, or never a user. Read from the database each time. */
export async function goneUsers(scope: World, ids: Iterable<string>): Promise<ReadonlySet<string>> {
  const gone = new Set(ids);
  if (gone.size > 0) {
    for (const { id } of await scope.db.all<{ id: string }>(activeUserIds([...gone]))) {
      gone.delete(id);
    }
  }
  return gone;
}
