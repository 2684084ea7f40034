import { keepPartitions, sweepIdempotencyKeys, systemScope, type Scope, type World } from "#kernel";
import {
  countHeld,
  forgetGoneWorkspaces,
  keepEvents,
  mailAlerts,
  sweepAlerts,
  sweepUsage,
} from "#analytics";
import { keepActs, sealActs } from "#audit";
import { sweepIdentity } from "#identity";
import { backlogWorker, dropBase, refreshVolatile, sweepRecent, sweepRecords } from "#records";
import { purgeTrash, sweepWorkspaces } from "#workspaces";

/** How often each chore is done, milliseconds. Spread over processes by a random first wait of up to a tenth. */
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Fields that follow the clock may be five minutes late: with a tenth of spread and the time to compute, this keeps it. */
const VOLATILE_MS = 4 * MINUTE_MS;

interface Chore {
  readonly name: string;
  readonly everyMs: number;
  run(scope: Scope): Promise<unknown>;
}

/** What has to be done now and then so that nothing grows for ever. All of it may run in several processes at once. */
const chores: readonly Chore[] = [
  {
    name: "change-log-partitions",
    everyMs: HOUR_MS * 6,
    run: (scope) => keepPartitions(scope.db, scope.now(), scope.config.changeLogDays),
  },
  { name: "audit-months", everyMs: HOUR_MS * 6, run: keepActs },
  { name: "audit-seals", everyMs: MINUTE_MS, run: sealActs },
  { name: "idempotency-keys", everyMs: HOUR_MS, run: sweepIdempotencyKeys },
  { name: "identity", everyMs: HOUR_MS, run: sweepIdentity },
  { name: "workspaces", everyMs: HOUR_MS, run: sweepWorkspaces },
  { name: "trash", everyMs: HOUR_MS, run: (scope) => purgeTrash(scope, dropBase) },
  { name: "records", everyMs: HOUR_MS, run: sweepRecords },
  { name: "recently-opened", everyMs: HOUR_MS * 6, run: sweepRecent },
  { name: "product-events", everyMs: HOUR_MS * 6, run: keepEvents },
  { name: "usage", everyMs: HOUR_MS * 6, run: sweepUsage },
  { name: "gone-workspaces", everyMs: HOUR_MS * 6, run: forgetGoneWorkspaces },
  { name: "alerts", everyMs: HOUR_MS * 6, run: sweepAlerts },
  { name: "alert-mails", everyMs: MINUTE_MS, run: mailAlerts },
  { name: "held", everyMs: HOUR_MS, run: countHeld },
  { name: "volatile-fields", everyMs: VOLATILE_MS, run: refreshVolatile },
  {
    name: "backlog",
    everyMs: MINUTE_MS,
    run: ({ parts }) => parts.of(backlogWorker).resume(),
  },
];

/** Starts the chores; answers the way to stop, which waits for the one that runs. */
export function startChores(world: World): () => Promise<void> {
  const ending = new AbortController();
  const running = new Set<Promise<void>>();
  const timers = chores.map((chore) =>
    setInterval(
      () => {
        const done = runChore(world, chore, ending.signal).finally(() => running.delete(done));
        running.add(done);
      },
      chore.everyMs * (1 + Math.random() / 10),
    ).unref(),
  );
  return async () => {
    ending.abort();
    for (const timer of timers) {
      clearInterval(timer);
    }
    await Promise.all(running);
  };
}

async function runChore(world: World, chore: Chore, signal: AbortSignal): Promise<void> {
  try {
    await chore.run(systemScope(world, chore.name, signal));
  } catch (error) {
    world.log.warn(
      { err: error, chore: chore.name },
      "a chore failed; it is tried again at its next turn",
    );
  }
}
