import { keepEventPartitions } from "#analytics";
import { keepActs } from "#audit";
import { inTransaction, keepPartitions, type Scope } from "#kernel";
import { lockPreparation, notePrepared, preparedFor } from "./prepare-database.sql.ts";
import { version } from "./version.ts";

/**
 * Makes the partitions that are written to from now on, once a day and version, however many processes start at once: a
 * row that finds none would stand in the way of its partition later. While a worker runs, its chores do this.
 */
export async function prepareDatabase(scope: Scope): Promise<void> {
  const today = `${scope.now().toISOString().slice(0, 10)} ${version}`;
  const isDone = async ({ db }: Pick<Scope, "db">): Promise<boolean> =>
    (await db.maybe<{ preparedFor: string }>(preparedFor()))?.preparedFor === today;
  if (await isDone(scope)) {
    return;
  }
  await inTransaction(scope, async (tx) => {
    await tx.db.run(lockPreparation());
    if (!(await isDone(tx))) {
      await keepPartitions(tx.db, tx.now(), tx.config.changeLogDays);
      await keepEventPartitions(tx);
      await keepActs(tx);
      await tx.db.run(notePrepared(today));
    }
  });
}
