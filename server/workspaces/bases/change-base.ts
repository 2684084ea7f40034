import { inTransaction, isId, noteAct, noteActs, Problem, type Act, type Scope } from "#kernel";
import { tellAccessChanged } from "../access/access-cache.ts";
import { actorId, allow, notFound, permissionLevel, requireTokenScope } from "../access/allow.ts";
import { noteOnPlace } from "../access/note-on-place.ts";
import {
  baseById,
  moveBaseRow,
  restoreBaseRow,
  trashBaseRow,
  updateBaseRow,
  type BaseRow,
} from "./bases.sql.ts";
import type { ListedBase } from "./list-bases.ts";

export interface BaseChanges {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly color?: string | null | undefined;
  readonly icon?: string | null | undefined;
}

/** Renames, describes or colours a base. Problems: those of `allow`. */
export async function updateBase(
  scope: Scope,
  baseId: string,
  changes: BaseChanges,
): Promise<ListedBase> {
  await allow(scope, "base.update", { baseId });
  const { name = null, description = null, color, icon } = changes;
  return inTransaction(scope, async (tx) => {
    const before = await tx.db.maybe<BaseRow>(baseById(baseId));
    const row = await tx.db.maybe<BaseRow>(
      updateBaseRow(baseId, { name, description, color, icon }),
    );
    const changed = await withOwnLevel(tx, row);
    await noteOnPlace(
      tx,
      { baseId },
      {
        act: "workspaces.base-changed",
        target: { kind: "base", id: baseId, name: changed.name },
        details: { before: before && shown(before), after: shown(changed) },
      },
    );
    return changed;
  });
}

/** Puts a base into the trash: from now on it answers as if it had never been. Its data stays. Problems: those of `allow`. */
export async function trashBase(scope: Scope, baseId: string): Promise<void> {
  await allow(scope, "base.delete", { baseId });
  await inTransaction(scope, async (tx) => {
    if ((await tx.db.run(trashBaseRow(baseId, tx.now(), actorId(tx)))) === 0) {
      throw notFound();
    }
    await noteOnPlace(
      tx,
      { baseId },
      {
        act: "workspaces.base-trashed",
        target: { kind: "base", id: baseId },
      },
    );
    await tellAccessChanged(tx, baseId);
  });
}

/**
 * Takes a base out of the trash. Takes a creator of its workspace.
 * Problems: those of `allow`, `workspaces.not-in-trash`.
 */
export async function restoreBase(scope: Scope, baseId: string): Promise<ListedBase> {
  requireTokenScope(scope, "base.restore");
  const found = isId("app", baseId) ? await scope.db.maybe<BaseRow>(baseById(baseId)) : undefined;
  if (found === undefined) {
    throw notFound();
  }
  await allow(scope, "base.restore", { workspaceId: found.workspaceId });
  return inTransaction(scope, async (tx) => {
    const row = await tx.db.maybe<BaseRow>(restoreBaseRow(baseId));
    if (row === undefined) {
      throw new Problem("conflict", "workspaces.not-in-trash", {
        message: "The base is not in the trash.",
      });
    }
    await noteAct(tx, {
      act: "workspaces.base-restored",
      target: { kind: "base", id: baseId, name: row.name },
      baseId,
      workspaceId: row.workspaceId,
    });
    await tellAccessChanged(tx, baseId);
    return withOwnLevel(tx, row);
  });
}

/**
 * Moves a base to another workspace, roles on the base itself included. Takes a creator of both workspaces.
 * Problems: those of `allow`.
 */
export async function moveBase(
  scope: Scope,
  { baseId, workspaceId }: { readonly baseId: string; readonly workspaceId: string },
): Promise<ListedBase> {
  await allow(scope, "base.delete", { baseId });
  await allow(scope, "base.create", { workspaceId });
  return inTransaction(scope, async (tx) => {
    const before = await tx.db.maybe<BaseRow>(baseById(baseId));
    const row = await tx.db.maybe<BaseRow>(moveBaseRow(baseId, workspaceId));
    const moved = await withOwnLevel(tx, row);
    const act: Act = {
      act: "workspaces.base-moved",
      target: { kind: "base", id: baseId, name: moved.name },
      baseId,
      details: { from: before?.workspaceId, to: workspaceId },
    };
    // Both workspaces have lost or won something.
    await noteActs(tx, [
      { ...act, workspaceId: before?.workspaceId },
      { ...act, workspaceId },
    ]);
    await tellAccessChanged(tx, baseId);
    return moved;
  });
}

function shown({ name, description, color, icon }: BaseRow): Readonly<Record<string, unknown>> {
  return { name, description, color, icon };
}

async function withOwnLevel(scope: Scope, row: BaseRow | undefined): Promise<ListedBase> {
  if (row === undefined) {
    throw notFound();
  }
  return { ...row, permissionLevel: await permissionLevel(scope, row.id) };
}
