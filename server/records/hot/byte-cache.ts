/** What a cache holds. The cache itself writes the fields that are not `readonly`. */
export interface Kept {
  readonly key: string;
  /** Of what it holds in memory, about. */
  sizeBytes: number;
  /** How often it was found since it was last looked at for removal; whoever finds it counts, up to `USES_MAX`. */
  uses: number;
  queue: Queue | undefined;
  newer: Kept | undefined;
  older: Kept | undefined;
}

/** More uses than this say nothing more. */
export const USES_MAX = 3;
/** The part of the room in which newcomers have to show that they are asked for again. */
const NEWCOMERS_PART = 0.1;
/** One thing larger than this part of the room would push out too much. */
const ONE_PART = 0.05;
/** Keys remembered of newcomers that went; about 100 bytes each. */
const REMEMBERED_MAX = 20_000;

/**
 * Things by their size in bytes, the least useful removed first. Newcomers wait in a small queue and are kept for long only
 * when they are asked for again, so that reading everything once removes nothing that is in use (S3-FIFO: Yang and others,
 * SOSP 2023). Finding costs one look-up and moves nothing.
 */
export class ByteCache<T extends Kept> {
  private readonly byKey = new Map<string, T>();
  private readonly newcomers = new Queue();
  private readonly regulars = new Queue();
  /** Keys of newcomers that were removed lately: those that come back stay. */
  private readonly remembered = new Set<string>();
  /** The same keys in the order of going, written over in a circle. */
  private readonly going: string[] = [];
  private nextGoing = 0;
  private readonly onRemoved: (gone: T) => void;
  readonly sizeMaxBytes: number;
  evictions = 0;

  constructor(sizeMaxBytes: number, onRemoved: (gone: T) => void = () => undefined) {
    this.sizeMaxBytes = sizeMaxBytes;
    this.onRemoved = onRemoved;
  }

  get sizeBytes(): number {
    return this.newcomers.sizeBytes + this.regulars.sizeBytes;
  }

  get count(): number {
    return this.byKey.size;
  }

  /** What has this key; counting the use is left to whoever finds that it can be used. */
  get(key: string): T | undefined {
    return this.byKey.get(key);
  }

  /** Keeps it in place of what had its key. Answers whether it did: what is too large is not kept. */
  put(item: T): boolean {
    const before = this.byKey.get(item.key);
    if (before !== undefined) {
      this.remove(before);
    }
    if (item.sizeBytes > this.sizeMaxBytes * ONE_PART) {
      return false;
    }
    this.byKey.set(item.key, item);
    const cameBack = before !== undefined || this.remembered.delete(item.key);
    (cameBack ? this.regulars : this.newcomers).push(item);
    this.shrink();
    return this.byKey.get(item.key) === item;
  }

  /** It holds more, or less, than it did. */
  grew(item: T, bytes: number): void {
    if (item.queue !== undefined) {
      item.queue.sizeBytes += bytes;
      item.sizeBytes += bytes;
      this.shrink();
    }
  }

  remove(item: T): void {
    if (item.queue !== undefined) {
      item.queue.take(item);
      this.byKey.delete(item.key);
      this.onRemoved(item);
    }
  }

  private shrink(): void {
    while (this.sizeBytes > this.sizeMaxBytes) {
      const { newcomers } = this;
      if (
        newcomers.sizeBytes > this.sizeMaxBytes * NEWCOMERS_PART ||
        this.regulars.oldest === undefined
      ) {
        this.tryNewcomer(newcomers.oldest as T);
      } else {
        this.tryRegular(this.regulars.oldest as T);
      }
    }
  }

  private tryNewcomer(item: T): void {
    if (item.uses > 1) {
      this.newcomers.take(item);
      item.uses = 0;
      this.regulars.push(item);
      return;
    }
    this.evict(item);
    const forgotten = this.going[this.nextGoing];
    if (forgotten !== undefined) {
      this.remembered.delete(forgotten);
    }
    this.going[this.nextGoing] = item.key;
    this.nextGoing = (this.nextGoing + 1) % REMEMBERED_MAX;
    this.remembered.add(item.key);
  }

  private tryRegular(item: T): void {
    if (item.uses > 0) {
      item.uses -= 1;
      this.regulars.take(item);
      this.regulars.push(item);
      return;
    }
    this.evict(item);
  }

  private evict(item: T): void {
    this.evictions += 1;
    this.remove(item);
  }
}

/** A list in the order of coming, linked through the things themselves. */
class Queue {
  oldest: Kept | undefined;
  private newest: Kept | undefined;
  sizeBytes = 0;

  push(item: Kept): void {
    item.queue = this;
    item.older = this.newest;
    item.newer = undefined;
    if (this.newest === undefined) {
      this.oldest = item;
    } else {
      this.newest.newer = item;
    }
    this.newest = item;
    this.sizeBytes += item.sizeBytes;
  }

  take(item: Kept): void {
    const { older, newer } = item;
    if (older === undefined) {
      this.oldest = newer;
    } else {
      older.newer = newer;
    }
    if (newer === undefined) {
      this.newest = older;
    } else {
      newer.older = older;
    }
    item.queue = undefined;
    item.older = undefined;
    item.newer = undefined;
    this.sizeBytes -= item.sizeBytes;
  }
}
