import { requireUser } from "#identity";
import type { Scope } from "#kernel";
import { callerMonthOf } from "./caller-month.sql.ts";
import { periodsAt } from "./write-usage.ts";

/** What the caller did since midnight UTC of the first, in all places; bytes are of answers. */
export interface CallerMonth {
  readonly reads: number;
  readonly writes: number;
  readonly bytesOut: number;
}

/** One statement, for a summary. Problems: `kernel.not-signed-in`. */
export async function callerMonth(scope: Scope): Promise<CallerMonth> {
  const { userId } = requireUser(scope);
  return scope.db.one<CallerMonth>(callerMonthOf(userId, periodsAt(scope.now()).month));
}
