import type { Scope } from "#kernel";
import { deleteOldUsage } from "./usage.sql.ts";

/** How long the rows of days are kept, days; those of months stay. */
const DAYS_KEPT = 400;

/** Removes rows of days that nobody can ask for any more. */
export async function sweepUsage(scope: Scope): Promise<void> {
  const before = new Date(scope.now().getTime() - DAYS_KEPT * 24 * 3_600_000);
  await scope.db.run(deleteOldUsage(before.toISOString().slice(0, 10)));
}
