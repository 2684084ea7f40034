import type { Db, Tx } from "../db/db.ts";
import type { ChangeSource } from "../scope.ts";
import {
  createPartition,
  dropPartition,
  changedBetween,
  eventsAfter,
  insertEvents,
  listPartitions,
  lockPartitions,
} from "./events.sql.ts";

/** One entry of a base's ordered log. `(baseId, txn, seq)` orders it; a base's `txn` has no gaps. */
export interface ChangeEvent {
  readonly baseId: string;
  readonly txn: number;
  /** Order inside one transaction, from 0. */
  readonly seq: number;
  readonly at: Date;
  /** What happened: `records.created`, `records.updated`, `records.deleted`, `fields.created`, ... */
  readonly name: string;
  readonly tableId: string | null;
  readonly recordIds: readonly string[];
  readonly fieldIds: readonly string[];
  /** By name: rows of stored values in the order of `fieldIds` under `before` and `after`; definitions for schema changes. */
  readonly body: unknown;
  readonly actorId: string | null;
  readonly source: ChangeSource;
  readonly requestId: string | null;
  /** What led here, oldest first: `automation run X`. */
  readonly cause: readonly string[];
  /** Of the caller. Written, and given to the audit of a base alone: the feed leaves it out. */
  readonly address?: string | undefined;
}

/** Writes entries of the log inside the transaction of the change, in the order given. */
export async function publish(tx: Tx, events: readonly ChangeEvent[]): Promise<void> {
  if (events.length > 0) {
    published.set(tx, [...publishedIn(tx), ...events]);
    await tx.run(insertEvents(events));
  }
}

/** What has been published in an open transaction so far: those who tell others after the commit read it. */
export function publishedIn(tx: Tx): readonly ChangeEvent[] {
  return published.get(tx) ?? [];
}

const published = new WeakMap<Tx, readonly ChangeEvent[]>();

/**
 * Entries after a transaction, in order, whole transactions only as far as `limit` rows reach; a single transaction
 * larger than the limit is answered whole. Gap-free: a base's numbers are given in commit order.
 */
export async function readEvents(db: Db, from: EventCursor): Promise<ChangeEvent[]> {
  const rows = await db.all<ChangeEvent>(eventsAfter(from.baseId, from.after, from.limit));
  return rows;
}

/** What an entry is about, without what it says. */
export type ChangedEvent = Pick<ChangeEvent, "txn" | "name" | "tableId" | "recordIds">;

/**
 * What the transactions after one number and up to another were about, in order; an entry with more than 1,000 records
 * names none. For caches that missed them.
 */
export async function readChanged(
  db: Db,
  { baseId, after, to }: { readonly baseId: string; readonly after: number; readonly to: number },
): Promise<ChangedEvent[]> {
  return db.all<ChangedEvent>(changedBetween(baseId, after, to));
}

export interface EventCursor {
  readonly baseId: string;
  readonly after: number;
  readonly limit: number;
}

const WEEK_MS = 7 * 24 * 3600 * 1000;

/**
 * Makes the partitions of this week and the two that follow and drops those older than `keepDays`. Answers what was dropped.
 * Run at start and daily; the default partition catches what it missed.
 */
export async function keepPartitions(db: Db, now: Date, keepDays: number): Promise<string[]> {
  const monday = startOfWeek(now);
  const oldest = partitionName(startOfWeek(new Date(now.getTime() - keepDays * 24 * 3600 * 1000)));
  return db.transaction(async (tx) => {
    // Two processes that start at once would make the same partition.
    await tx.run(lockPartitions());
    for (let week = 0; week < 3; week += 1) {
      const from = new Date(monday.getTime() + week * WEEK_MS);
      await tx.script(
        createPartition(partitionName(from), from, new Date(from.getTime() + WEEK_MS)).text,
      );
    }
    const names = await tx.all<{ name: string }>(listPartitions());
    const old = names
      .map(({ name }) => name)
      .filter((name) => /^events_\d{8}$/.test(name) && name < oldest);
    for (const name of old) {
      await tx.script(dropPartition(name).text);
    }
    return old;
  });
}

function startOfWeek(at: Date): Date {
  const day = Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate());
  return new Date(day - ((at.getUTCDay() + 6) % 7) * 24 * 3600 * 1000);
}

function partitionName(from: Date): string {
  return `events_${from.toISOString().slice(0, 10).replaceAll("-", "")}`;
}
