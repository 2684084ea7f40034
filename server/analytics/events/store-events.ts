import { EVENT_DEDUP_HOURS } from "@basalt/contract";
import { sqlState, type Db, type Tx, type World } from "#kernel";
import type { EventRow } from "./event-row.ts";
import { copyEvents, knownEvents } from "./events.sql.ts";
import { keepEventPartitions } from "./keep-partitions.ts";

/** How often a COPY that met an event of another process is begun again. */
const TRIES_MAX = 5;
const DEDUP_MS = EVENT_DEDUP_HOURS * 3_600_000;
const UNIQUE_VIOLATION = "23505";
/** No partition takes the row. */
const CHECK_VIOLATION = "23514";

/**
 * Writes the rows that are not there yet, all or none, on the pool or in the transaction that is open; answers the positions
 * of those that were.
 */
export async function storeEvents(
  world: Pick<World, "db" | "now" | "config" | "log">,
  rows: readonly EventRow[],
): Promise<ReadonlySet<number>> {
  for (let tries = 1; ; tries += 1) {
    const known = repeatedWithin(rows);
    await addKnown(world.db, rows, known);
    const fresh = known.size === 0 ? rows : rows.filter((_row, at) => !known.has(at));
    if (fresh.length === 0) {
      return known;
    }
    try {
      await copy(world.db, fresh);
      return known;
    } catch (error) {
      const state = sqlState(error);
      if (tries === TRIES_MAX || (state !== UNIQUE_VIOLATION && state !== CHECK_VIOLATION)) {
        throw error;
      }
      // Another process wrote one of them between the look and the COPY, or the day has no partition yet.
      if (state === CHECK_VIOLATION) {
        await keepEventPartitions(world);
      }
    }
  }
}

async function copy(db: Db, rows: readonly EventRow[]): Promise<void> {
  const text = rows.map((row) => row.text).join("");
  await (isOpen(db)
    ? db.attempt(() => db.copyIn(copyEvents(), text))
    : db.copyIn(copyEvents(), text));
}

function isOpen(db: Db): db is Tx {
  return db.inTransaction;
}

/** Adds the positions of rows that the database has. Our own ids are new, so they are not asked for. */
async function addKnown(db: Db, rows: readonly EventRow[], known: Set<number>): Promise<void> {
  const asked = [...rows.keys()].filter((at) => rows[at]?.hasId === true && !known.has(at));
  if (asked.length === 0) {
    return;
  }
  const found = await db.text(
    knownEvents({
      workspaceIds: asked.map((at) => rows[at]?.workspaceId ?? ""),
      ids: asked.map((at) => rows[at]?.id ?? ""),
      at: asked.map((at) => new Date(rows[at]?.atMs ?? 0).toISOString()),
    }),
  );
  for (const [position] of found) {
    known.add(asked[Number(position) - 1] ?? -1);
  }
}

/** Positions of rows whose id an earlier row of the same COPY has. */
function repeatedWithin(rows: readonly EventRow[]): Set<number> {
  const repeated = new Set<number>();
  const seen = new Map<string, number>();
  for (const [at, { hasId, workspaceId, id, atMs }] of rows.entries()) {
    if (!hasId) {
      continue;
    }
    const key = `${workspaceId}/${id}`;
    const before = seen.get(key);
    if (before !== undefined && Math.abs(before - atMs) < DEDUP_MS) {
      repeated.add(at);
    } else {
      seen.set(key, atMs);
    }
  }
  return repeated;
}
