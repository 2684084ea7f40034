import { inTransaction, newId, noteAct, type Scope } from "#kernel";
import { tellAccessChanged } from "../access/access-cache.ts";
import { actorId, allowOnInstance } from "../access/allow.ts";
import { insertRole } from "../members/roles.sql.ts";
import {
  insertWorkspace,
  lockDefaultWorkspace,
  oldestOwnedWorkspace,
  workspaceById,
  type WorkspaceRow,
} from "./workspaces.sql.ts";

export interface NewWorkspace {
  readonly name: string;
  readonly description?: string | undefined;
  /** Only the program itself names somebody else; a user owns what they make. */
  readonly ownerId?: string;
}

/**
 * Makes a workspace and makes the actor (or, for the program itself, the one named) its owner.
 * Problems: those of `allowOnInstance`.
 */
export async function createWorkspace(
  scope: Scope,
  { name, description, ownerId }: NewWorkspace,
): Promise<WorkspaceRow> {
  allowOnInstance(scope, "workspace.create");
  const id = newId("wsp");
  const by = actorId(scope);
  const owner = by ?? ownerId;
  const at = scope.now();
  return inTransaction(scope, async (tx) => {
    await tx.db.run(insertWorkspace({ id, name, description: description ?? "", at, by }));
    if (owner !== undefined) {
      await tx.db.run(
        insertRole({ workspaceId: id }, { userId: owner, role: "owner", givenAt: at, givenBy: by }),
      );
      await tellAccessChanged(tx, owner);
    }
    await noteAct(tx, {
      act: "workspaces.workspace-created",
      target: { kind: "workspace", id, name },
      workspaceId: id,
      details: { owner },
    });
    return tx.db.one<WorkspaceRow>(workspaceById(id, owner ?? null));
  });
}

/**
 * The oldest workspace that the user owns, made if there is none; however many processes ask at once, one is made.
 * For the program itself (the sample base, the command line): nobody gets a workspace by merely registering.
 */
export async function ensureDefaultWorkspace(
  scope: Scope,
  { userId, name }: { readonly userId: string; readonly name: string },
): Promise<WorkspaceRow> {
  return inTransaction(scope, async (tx) => {
    await tx.db.all(lockDefaultWorkspace(userId));
    return (
      (await tx.db.maybe<WorkspaceRow>(oldestOwnedWorkspace(userId))) ??
      (await createWorkspace(tx, { name, ownerId: userId }))
    );
  });
}
