import { noteActs, type Act, type Scope } from "#kernel";
import { baseById, type BaseRow } from "../bases/bases.sql.ts";
import { accessCache } from "./access-cache.ts";
import type { Place } from "./access.ts";

/**
 * Writes down acts that concern a place, in the transaction of the acts: on a base with the base's workspace, so that
 * those who govern the workspace find it even after the base is gone.
 */
export async function noteOnPlace(tx: Scope, place: Place, ...acts: readonly Act[]): Promise<void> {
  const columns =
    "baseId" in place
      ? { baseId: place.baseId, workspaceId: await workspaceOfBase(tx, place.baseId) }
      : place;
  await noteActs(
    tx,
    acts.map((act) => ({ ...act, ...columns })),
  );
}

/** From memory where the actor's own access is known, else one statement. Asks no permission. */
async function workspaceOfBase(tx: Scope, baseId: string): Promise<string | undefined> {
  const { actor } = tx;
  const known =
    actor.kind === "user"
      ? tx.parts.of(accessCache).peek(actor.userId, { baseId })?.access
      : undefined;
  return known?.workspaceId ?? (await tx.db.maybe<BaseRow>(baseById(baseId)))?.workspaceId;
}
