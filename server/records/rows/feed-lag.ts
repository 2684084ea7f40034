import { part, type World } from "#kernel";
import { baseTxn } from "./get-record.sql.ts";

/** A reader that has not asked for so long is not one any more, milliseconds. */
const READER_LIFE_MS = 5 * 60_000;
/** Readers that are remembered at most; the oldest goes first. */
const READERS_MAX = 10_000;

/**
 * How far those who read change logs are behind: the gauge `change_log_lag_transactions` is the largest distance between a
 * base's last transaction and what one of its readers has got, over the readers of this process of the last five minutes.
 */
export const feedLag = part("records.feed-lag", (world) => new FeedLag(world));

interface Reader {
  readonly baseId: string;
  readonly cursor: number;
  readonly at: number;
}

class FeedLag {
  private readonly readers = new Map<string, Reader>();

  constructor(world: World) {
    world.metrics.gauge(
      "change_log_lag_transactions",
      "How many transactions the slowest reader of a change log is behind",
      [],
      async (gauge) => gauge.set(await this.largest(world)),
    );
  }

  /** A reader has everything up to the cursor. */
  note(who: string, reader: Reader): void {
    const key = `${who} ${reader.baseId}`;
    this.readers.delete(key);
    this.readers.set(key, reader);
    for (const oldest of this.readers.keys()) {
      if (this.readers.size <= READERS_MAX) {
        return;
      }
      this.readers.delete(oldest);
    }
  }

  private async largest({ db, now }: World): Promise<number> {
    const since = now().getTime() - READER_LIFE_MS;
    const slowest = new Map<string, number>();
    for (const [key, { baseId, cursor, at }] of this.readers) {
      if (at < since) {
        this.readers.delete(key);
      } else {
        slowest.set(baseId, Math.min(cursor, slowest.get(baseId) ?? Infinity));
      }
    }
    let lag = 0;
    for (const [baseId, cursor] of slowest) {
      const [row] = await db.text(baseTxn(baseId));
      lag = Math.max(lag, Number(row?.[0] ?? cursor) - cursor);
    }
    return lag;
  }
}
