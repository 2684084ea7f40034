import { EVENT_LATE_MAX_DAYS } from "@basalt/contract";
import { sqlState, type Scope, type Tx, type World } from "#kernel";
import {
  createPartition,
  deleteOldEvents,
  dropPartition,
  listPartitions,
  lockPartitions,
  shorterPolicies,
  waitBriefly,
} from "./partitions.sql.ts";

const DAY_MS = 24 * 3_600_000;
/** Partitions that are ready before their day begins: a chore that fails for a week loses nothing. */
const DAYS_AHEAD = 7;
const LOCK_NOT_AVAILABLE = "55P03";
/** Events of one workspace that are removed in one statement. */
const DELETED_AT_ONCE = 10_000;

/**
 * Makes the partitions of the days that events can fall on, and drops those that are older than the instance keeps. Answers
 * what was dropped. Run at start, by a chore, and where an event found no partition.
 */
export async function keepEventPartitions(
  world: Pick<World, "db" | "now" | "config" | "log">,
): Promise<string[]> {
  const { db, config } = world;
  const today = startOfDay(world.now());
  const oldest = partitionName(new Date(today.getTime() - config.analyticsDays * DAY_MS));
  return db.transaction(async (tx) => {
    // Two processes that start at once would make the same partition.
    await tx.run(lockPartitions());
    const there = new Set(
      (await tx.all<{ name: string }>(listPartitions())).map(({ name }) => name),
    );
    for (let day = -EVENT_LATE_MAX_DAYS - 1; day <= DAYS_AHEAD; day += 1) {
      const from = new Date(today.getTime() + day * DAY_MS);
      const name = partitionName(from);
      if (!there.has(name) && name >= oldest) {
        await tx.script(createPartition(name, from, new Date(from.getTime() + DAY_MS)).text);
      }
    }
    const old = [...there].filter((name) => /^events_\d{8}$/.test(name) && name < oldest);
    return dropped(tx, old, world.log);
  });
}

/** A drop waits for whoever reads events, and everybody else for it: it waits briefly, and the next chore tries again. */
async function dropped(tx: Tx, names: readonly string[], log: World["log"]): Promise<string[]> {
  const gone: string[] = [];
  for (const name of names) {
    try {
      await tx.attempt(async () => {
        await tx.run(waitBriefly());
        await tx.script(dropPartition(name).text);
      });
      gone.push(name);
    } catch (error) {
      if (sqlState(error) !== LOCK_NOT_AVAILABLE) {
        throw error;
      }
      log.info({ partition: name }, "analytics: a partition is in use and is dropped later");
    }
  }
  return gone;
}

/** The chore: partitions, then what single workspaces keep for less long. Answers how many events were removed one by one. */
export async function keepEvents(scope: Scope): Promise<number> {
  await keepEventPartitions(scope);
  let removed = 0;
  const policies = await scope.db.all<{ workspaceId: string; keepDays: number }>(
    shorterPolicies(scope.config.analyticsDays),
  );
  for (const { workspaceId, keepDays } of policies) {
    const before = new Date(startOfDay(scope.now()).getTime() - keepDays * DAY_MS);
    removed += await deleteEventsBefore(scope, workspaceId, before);
  }
  return removed;
}

/** Removes the events of a workspace up to a moment, some at a time. Answers how many. */
export async function deleteEventsBefore(
  scope: Scope,
  workspaceId: string,
  before: Date,
): Promise<number> {
  let removed = 0;
  for (let gone = DELETED_AT_ONCE; gone === DELETED_AT_ONCE && !scope.signal.aborted;) {
    gone = await scope.db.run(deleteOldEvents(workspaceId, before, DELETED_AT_ONCE));
    removed += gone;
  }
  return removed;
}

function startOfDay(at: Date): Date {
  return new Date(Math.floor(at.getTime() / DAY_MS) * DAY_MS);
}

function partitionName(from: Date): string {
  return `events_${from.toISOString().slice(0, 10).replaceAll("-", "")}`;
}
