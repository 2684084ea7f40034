import { TRASH_DAYS } from "@basalt/contract";
import { inTransaction, noteAct, noteActs, type Scope } from "#kernel";
import { tellAccessChanged } from "../access/access-cache.ts";
import {
  beginPurgeOfWorkspaces,
  claimBaseToPurge,
  deleteBaseEntry,
  deletePurgedWorkspaces,
} from "./purge.sql.ts";

const DAY_MS = 24 * 3_600_000;
/** A base that a process began with and has not finished for this long is begun again. Milliseconds. */
const CLAIM_MS = 3_600_000;

/** How many went for good. */
export interface Purged {
  readonly bases: number;
  readonly workspaces: number;
}

/**
 * Empties the trash of what has been there for `TRASH_DAYS`. What is in a base goes first, by the way that is given, then its
 * entry here: whatever is interrupted is finished the next time. Several processes share the work.
 */
export async function purgeTrash(
  scope: Scope,
  dropBase: (scope: Scope, base: { readonly baseId: string }) => Promise<void>,
): Promise<Purged> {
  const deletedBefore = new Date(scope.now().getTime() - TRASH_DAYS * DAY_MS);
  await scope.db.run(beginPurgeOfWorkspaces(deletedBefore, scope.now()));
  let bases = 0;
  let baseId = await claimBase(scope, deletedBefore);
  while (baseId !== undefined) {
    await dropBase(scope, { baseId });
    await forgetBase(scope, baseId);
    bases += 1;
    baseId = scope.signal.aborted ? undefined : await claimBase(scope, deletedBefore);
  }
  const gone = await forgetWorkspaces(scope);
  if (bases + gone.length > 0) {
    scope.log.info({ bases, workspaces: gone.length }, "workspaces: the trash was emptied");
  }
  return { bases, workspaces: gone.length };
}

async function claimBase(scope: Scope, deletedBefore: Date): Promise<string | undefined> {
  const now = scope.now();
  const claimedBefore = new Date(now.getTime() - CLAIM_MS);
  const claimed = await scope.db.maybe<{ id: string }>(
    claimBaseToPurge(deletedBefore, claimedBefore, now),
  );
  return claimed?.id;
}

async function forgetBase(scope: Scope, baseId: string): Promise<void> {
  await inTransaction(scope, async (tx) => {
    await tx.db.run(deleteBaseEntry(baseId));
    await noteAct(tx, {
      act: "workspaces.base-purged",
      target: { kind: "base", id: baseId },
      baseId,
    });
    await tellAccessChanged(tx, baseId);
  });
}

async function forgetWorkspaces(scope: Scope): Promise<readonly { readonly id: string }[]> {
  return inTransaction(scope, async (tx) => {
    const gone = await tx.db.all<{ id: string }>(deletePurgedWorkspaces());
    await noteActs(
      tx,
      gone.map(({ id }) => ({
        act: "workspaces.workspace-purged",
        target: { kind: "workspace", id },
        workspaceId: id,
      })),
    );
    return gone;
  });
}
