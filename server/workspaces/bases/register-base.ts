import { inTransaction, noteAct, Problem, sqlState, type Scope } from "#kernel";
import { tellAccessChanged } from "../access/access-cache.ts";
import { actorId, allow, notFound } from "../access/allow.ts";
import { insertBase, type BaseRow } from "./bases.sql.ts";

export interface NewBase {
  /** `app…`, made by whoever builds what is in it. */
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly description?: string | undefined;
  readonly color?: string | null | undefined;
  readonly icon?: string | null | undefined;
}

/**
 * Enters a base into the registry; give the scope of the transaction that builds the base, so that neither is without the
 * other. Takes a creator of the workspace.
 * Problems: those of `allow`, `workspaces.base-exists` (an id that was to be kept is taken, maybe in the trash).
 */
export async function registerBase(scope: Scope, base: NewBase): Promise<BaseRow> {
  const { id, workspaceId, name, description = "", color = null, icon = null } = base;
  await allow(scope, "base.create", { workspaceId });
  return inTransaction(scope, async (tx) => {
    const row = { id, workspaceId, name, description, color, icon, at: tx.now(), by: actorId(tx) };
    const made = await tx.db
      .attempt(() => tx.db.maybe<BaseRow>(insertBase(row)))
      .catch(explainTaken);
    if (made === undefined) {
      throw notFound();
    }
    await noteAct(tx, {
      act: "workspaces.base-created",
      target: { kind: "base", id, name },
      baseId: id,
      workspaceId,
    });
    await tellAccessChanged(tx, id);
    return made;
  });
}

function explainTaken(error: unknown): never {
  if (sqlState(error) === "23505") {
    throw new Problem("conflict", "workspaces.base-exists", {
      message: "A base with this id exists already.",
      cause: error,
    });
  }
  throw error;
}
