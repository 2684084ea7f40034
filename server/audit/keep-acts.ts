import { inTransaction, noteAct, type Scope } from "#kernel";
import { dropMonth, macsFollowed, makeMonth, monthsKept } from "./keep-acts.sql.ts";
import { sealActs } from "./seal-acts.ts";

const DAY_MS = 24 * 3_600_000;

/**
 * Makes the months that come and drops those that are older than `auditDays`, whole; dropping is an act itself, and names
 * the seals that go, so that the chain of the others still holds. Answers the months that went.
 */
export async function keepActs(scope: Scope): Promise<readonly string[]> {
  const now = scope.now();
  for (const ahead of [0, 1]) {
    await scope.db.all(
      makeMonth(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1))),
    );
  }
  const oldest = monthOf(new Date(now.getTime() - scope.config.auditDays * DAY_MS));
  const months = await scope.db.all<{ month: string }>(monthsKept());
  const old = months.map(({ month }) => month).filter((month) => month < oldest);
  if (old.length > 0) {
    // What goes must be followed by a seal that stays.
    await sealActs(scope);
  }
  for (const month of old) {
    await inTransaction(scope, (tx) => dropOne(tx, month));
  }
  return old;
}

async function dropOne(tx: Scope, month: string): Promise<void> {
  const macs = await tx.db.all<{ mac: string }>(macsFollowed(month));
  const { gone } = await tx.db.one<{ gone: number }>(dropMonth(month));
  await noteAct(tx, {
    act: "audit.month-dropped",
    target: { kind: "month", id: month },
    details: { acts: gone, macs: macs.map(({ mac }) => mac) },
  });
}

function monthOf(at: Date): string {
  return at.toISOString().slice(0, 7).replace("-", "");
}
