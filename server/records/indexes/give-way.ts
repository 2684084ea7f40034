import type { Scope } from "#kernel";
import { cancelBuilds } from "./give-way.sql.ts";

/**
 * Ends the building of an index of this base, in whichever process: a change of the schema would wait for it, and everybody
 * who reads or writes the table would wait behind the change. The index is made when it is wanted again.
 */
export async function giveWay({ db }: Scope, baseId: string): Promise<void> {
  await db.text(cancelBuilds(baseId));
}
