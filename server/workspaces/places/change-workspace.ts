import { inTransaction, isId, noteAct, Problem, type Act, type Scope } from "#kernel";
import { tellAccessChanged } from "../access/access-cache.ts";
import { actorId, allow, notFound } from "../access/allow.ts";
import { existingWorkspace } from "./list-workspaces.ts";
import {
  countsOfWorkspace,
  lockTrashedWorkspace,
  restoreWorkspaceRow,
  trashWorkspaceRow,
  updateWorkspaceRow,
  type WorkspaceCounts,
  type WorkspaceRow,
} from "./workspaces.sql.ts";

export interface WorkspaceChanges {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
}

/** Renames or describes a workspace. Problems: those of `allow`. */
export async function updateWorkspace(
  scope: Scope,
  workspaceId: string,
  changes: WorkspaceChanges,
): Promise<WorkspaceRow> {
  await allow(scope, "workspace.update", { workspaceId });
  return inTransaction(scope, async (tx) => {
    const before = await existingWorkspace(tx, workspaceId);
    if ((await tx.db.run(updateWorkspaceRow(workspaceId, changes))) === 0) {
      throw notFound();
    }
    const after = await existingWorkspace(tx, workspaceId);
    await noteAct(tx, {
      ...actOn("workspaces.workspace-changed", after),
      details: { before: shown(before), after: shown(after) },
    });
    return after;
  });
}

/**
 * Puts a workspace into the trash: it and its bases answer as if they had never been. Nothing is lost.
 * Problems: those of `allow`.
 */
export async function trashWorkspace(scope: Scope, workspaceId: string): Promise<void> {
  await allow(scope, "workspace.delete", { workspaceId });
  await inTransaction(scope, async (tx) => {
    if ((await tx.db.run(trashWorkspaceRow(workspaceId, tx.now(), actorId(tx)))) === 0) {
      throw notFound();
    }
    await noteAct(tx, actOn("workspaces.workspace-trashed", { id: workspaceId }));
    await tellAccessChanged(tx, workspaceId);
  });
}

/**
 * Takes a workspace out of the trash, with the bases that were not in the trash themselves. Takes an owner: the question
 * is asked as if it were out already, so a stranger learns nothing.
 * Problems: those of `allow`, `workspaces.not-in-trash`.
 */
export async function restoreWorkspace(scope: Scope, workspaceId: string): Promise<WorkspaceRow> {
  if (!isId("wsp", workspaceId)) {
    throw notFound();
  }
  return inTransaction(scope, async (tx) => {
    const isTrashed = (await tx.db.maybe(lockTrashedWorkspace(workspaceId))) !== undefined;
    await tx.db.run(restoreWorkspaceRow(workspaceId));
    await allow(tx, "workspace.delete", { workspaceId });
    if (!isTrashed) {
      throw new Problem("conflict", "workspaces.not-in-trash", {
        message: "The workspace is not in the trash.",
      });
    }
    await tellAccessChanged(tx, workspaceId);
    const row = await existingWorkspace(tx, workspaceId);
    await noteAct(tx, actOn("workspaces.workspace-restored", row));
    return row;
  });
}

function actOn(
  act: Act["act"],
  { id, name }: { readonly id: string; readonly name?: string },
): Act {
  return { act, target: { kind: "workspace", id, name }, workspaceId: id };
}

function shown({ name, description }: WorkspaceRow): Readonly<Record<string, unknown>> {
  return { name, description };
}

/** Counts for an overview. Problems: those of `allow`. */
export async function workspaceStats(scope: Scope, workspaceId: string): Promise<WorkspaceCounts> {
  await allow(scope, "workspace.read", { workspaceId });
  return scope.db.one<WorkspaceCounts>(countsOfWorkspace(workspaceId, scope.now()));
}
