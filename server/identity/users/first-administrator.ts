import type { World } from "#kernel";
import { firstAdministratorId } from "./first-administrator.sql.ts";

/** The id of the administrator who has been one with an account for longest; undefined while there is none. */
export async function firstAdministrator({ db }: Pick<World, "db">): Promise<string | undefined> {
  return (await db.maybe<{ id: string }>(firstAdministratorId()))?.id;
}
