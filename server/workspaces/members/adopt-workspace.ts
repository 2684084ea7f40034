import { goneUsers, requireAdmin, requireUser } from "#identity";
import { noteAct, Problem, type Scope } from "#kernel";
import { tellAccessChanged } from "../access/access-cache.ts";
import { allowOnInstance } from "../access/allow.ts";
import { existingWorkspace, requireCursor } from "../places/list-workspaces.ts";
import { ownerlessWorkspaces, type WorkspaceRow } from "../places/workspaces.sql.ts";
import { changingRoles } from "./members.ts";
import { allOwners, ownersOf, setRole, type RoleRow } from "./roles.sql.ts";

/**
 * Makes the administrator who asks the owner of a workspace whose owners were all deleted or disabled. Their roles stay:
 * whoever is enabled again finds their place.
 * Problems: those of `allowOnInstance`, `identity.administrator-required`, `workspaces.not-found-or-not-allowed`,
 * `workspaces.has-owner`.
 */
export async function adoptWorkspace(scope: Scope, workspaceId: string): Promise<WorkspaceRow> {
  requireAdoption(scope);
  const { userId } = requireUser(scope);
  const place = { workspaceId };
  return changingRoles(scope, place, async (tx) => {
    const owners = (await tx.db.all<RoleRow>(ownersOf(workspaceId))).map((row) => row.userId);
    const gone = await goneUsers(tx, owners);
    if (owners.some((owner) => !gone.has(owner))) {
      throw new Problem("conflict", "workspaces.has-owner", {
        message: "The workspace has an owner who can act; ask them for a role.",
      });
    }
    await tx.db.run(setRole(place, { userId, role: "owner", givenAt: tx.now(), givenBy: userId }));
    await noteAct(tx, {
      act: "workspaces.workspace-adopted",
      target: { kind: "workspace", id: workspaceId },
      workspaceId,
      details: { ownersGone: owners },
    });
    await tellAccessChanged(tx, userId);
    const { requestId } = tx;
    tx.log.info(
      { workspaceId, userId, owners, requestId },
      "workspaces: adopted by an administrator",
    );
    return existingWorkspace(tx, workspaceId);
  });
}

/**
 * The workspaces that an administrator may adopt, oldest first.
 * Problems: those of `allowOnInstance`, `identity.administrator-required`, `workspaces.bad-cursor`.
 */
export async function listOwnerlessWorkspaces(
  scope: Scope,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<readonly WorkspaceRow[]> {
  requireAdoption(scope);
  requireCursor("wsp", after);
  const owners = await scope.db.all<{ userId: string }>(allOwners());
  const gone = await goneUsers(
    scope,
    owners.map(({ userId }) => userId),
  );
  return scope.db.all<WorkspaceRow>(
    ownerlessWorkspaces({ gone: [...gone], userId: requireUser(scope).userId, after, limit }),
  );
}

function requireAdoption(scope: Scope): void {
  allowOnInstance(scope, "workspace.adopt");
  requireAdmin(scope, "workspacesAndBases:manage");
}
