import type { Scope } from "#kernel";
import { deleteOldGrants } from "./grants/grants.sql.ts";
import { deleteOldInvitations } from "./invitations/invitations.sql.ts";

/** How long what is over stays, so that whoever comes late is told what has become of it. Milliseconds. */
const KEPT_MS = 30 * 24 * 3_600_000;

/** Deletes invitations and grants that are long over; answers how many rows. Run hourly. */
export async function sweepWorkspaces(scope: Scope): Promise<number> {
  const before = new Date(scope.now().getTime() - KEPT_MS);
  const invitations = await scope.db.run(deleteOldInvitations(before));
  return invitations + (await scope.db.run(deleteOldGrants(before)));
}
