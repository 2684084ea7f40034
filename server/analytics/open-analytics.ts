import { usageGate, type CountedRequest, type Problem, type World } from "#kernel";
import { eventBuffer } from "./events/event-buffer.ts";
import { baseMeasure, catchUp, countBase, type MeasureBase } from "./quotas/held.ts";
import { quotaBook, type AskingRequest, type QuotaBook } from "./quotas/quota-book.ts";
import { QUOTAS_CHANGED } from "./quotas/set-quotas.ts";
import { settleAlerts } from "./quotas/settle-alerts.ts";
import { meterOf } from "./usage/meter.ts";
import { writeUsage } from "./usage/write-usage.ts";

/** How often what was counted is written, milliseconds: a process that is killed loses so much of it. */
export const WRITTEN_EVERY_MS = 2_000;
/** Counting files reads every cell that holds one, so it is done no more often than this, milliseconds. */
const FILES_COUNTED_EVERY_MS = 30_000;
/** Bases that are counted in one turn. */
const COUNTED_A_TURN = 20;

/** The counting of a world while it runs. */
export interface Analytics {
  /** Told of every finished exchange; costs some look-ups in memory. */
  readonly meter: (counted: CountedRequest) => void;
  /** Why a request may not be served, because the quota of its workspace is used up. */
  readonly refuse: (asking: AskingRequest) => Problem | undefined;
  /** Writes what was counted, reads the bounds anew, tells what came near. Run every few seconds. */
  turn(): Promise<void>;
  /** Writes what was counted and what events wait. */
  close(): Promise<void>;
}

/** Begins to count and to bound. `measure` counts what a base holds. */
export async function openAnalytics(
  world: World,
  { measure, every = WRITTEN_EVERY_MS }: { readonly measure: MeasureBase; readonly every?: number },
): Promise<Analytics> {
  const book = world.parts.of(quotaBook);
  const meter = world.parts.of(meterOf);
  world.parts.of(baseMeasure).measure = measure;
  world.parts.of(usageGate).fit(book);
  await book.reload();
  const turns = new Turns(world, book);
  const stopListening = world.signals.listen(QUOTAS_CHANGED, () => turns.changed());
  const timer = setInterval(() => turns.soon(), every).unref();
  return {
    meter: (counted) => meter.count(counted),
    refuse: (asking) => book.refuse(asking),
    turn: () => turns.run(),
    close: async () => {
      clearInterval(timer);
      stopListening();
      await world.parts.of(eventBuffer).drained();
      await turns.settled();
      await writeUsage(world).catch((error: unknown) =>
        world.log.warn({ err: error }, "analytics: the last usage was not written"),
      );
    },
  };
}

/** One turn after another. */
class Turns {
  private readonly world: World;
  private readonly book: QuotaBook;
  private running: Promise<void> = Promise.resolve();
  private waiting = 0;
  private filesCountedMs = 0;
  /** Bounds were changed somewhere; where there are none, nothing else makes them read again. */
  private isChanged = false;

  constructor(world: World, book: QuotaBook) {
    this.world = world;
    this.book = book;
  }

  /** A turn in the background; one that waits already will do. */
  soon(): void {
    if (this.waiting > 0) {
      return;
    }
    this.run().catch((error: unknown) =>
      this.world.log.debug({ err: error }, "analytics: usage was not written; it is tried again"),
    );
  }

  changed(): void {
    this.isChanged = true;
    this.soon();
  }

  async run(): Promise<void> {
    this.waiting += 1;
    const turn = this.running.then(() => {
      this.waiting -= 1;
      return this.once();
    });
    this.running = turn.catch(() => undefined);
    return turn;
  }

  async settled(): Promise<void> {
    await this.running;
  }

  private async once(): Promise<void> {
    const { world, book } = this;
    const countsFiles =
      book.filled.size > 0 && world.now().getTime() - this.filesCountedMs >= FILES_COUNTED_EVERY_MS;
    book.mark({ keepStorage: book.filled.size > 0 && !countsFiles });
    await writeUsage(world);
    const { holders } = book;
    if (holders.length > 0) {
      await catchUp(world, holders, COUNTED_A_TURN);
    }
    if (countsFiles) {
      await this.countFiles();
    }
    if (book.isEmpty && !this.isChanged) {
      return;
    }
    this.isChanged = false;
    await book.reload();
    await settleAlerts(world);
  }

  private async countFiles(): Promise<void> {
    const { world, book } = this;
    this.filesCountedMs = world.now().getTime();
    for (const [baseId, times] of book.filled) {
      const base = book.placed(baseId);
      if (base !== undefined) {
        await countBase(world, base);
      }
      if (times > 1) {
        book.filled.set(baseId, times - 1);
      } else {
        book.filled.delete(baseId);
      }
    }
  }
}
