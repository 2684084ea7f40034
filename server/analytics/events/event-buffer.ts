import { setTimeout as sleep } from "node:timers/promises";
import { part, Problem, type Counter, type World } from "#kernel";
import type { EventRow } from "./event-row.ts";
import { storeEvents } from "./store-events.ts";

/** Events that one COPY carries: bounds what a failure repeats, and the memory of the statement. */
const COPIED_AT_ONCE_MAX = 10_000;
/** Events that wait, at most; more are refused until there is room. Each is some 300 bytes. */
const WAITING_MAX = 200_000;
/** How long events that were promised are tried again while the database is away: two minutes in all. */
const PROMISED_TRIES_MAX = 120;
const PROMISED_AGAIN_MS = 1_000;

/** What became of the events of one call. */
export interface Stored {
  /** Positions in the call of those that were known by their id. */
  readonly duplicates: readonly number[];
}

interface Call {
  readonly rows: readonly EventRow[];
  readonly resolve: (stored: Stored) => void;
  readonly reject: (error: unknown) => void;
}

/** The buffer of a world. */
export const eventBuffer = part("analytics.event-buffer", (world) => new EventBuffer(world));

/**
 * Turns many small calls into few COPYs: while one runs, calls gather for the next; there is no timer, so a call that comes
 * alone does not wait. A call is answered when its COPY has committed.
 */
export class EventBuffer {
  private readonly world: World;
  private readonly copies: Counter;
  private readonly stored: Counter;
  private calls: Call[] = [];
  private waiting = 0;
  private running: Promise<void> | undefined;
  private readonly promised = new Set<Promise<unknown>>();
  private promisedRows = 0;
  private isStopping = false;

  constructor(world: World) {
    this.world = world;
    const { metrics } = world;
    this.stored = metrics.counter(
      "analytics_events_total",
      "Product events by what became of them",
      ["outcome"],
    );
    this.copies = metrics.counter("analytics_copies_total", "COPYs that wrote product events");
    metrics.gauge(
      "analytics_events_waiting",
      "Product events that are not written yet",
      [],
      (gauge) => gauge.set(this.waiting),
    );
  }

  /**
   * Stores the rows of a call, all or none; resolves after the commit.
   * Problems: `analytics.events-backlog` when too many wait, those of the database.
   */
  async add(rows: readonly EventRow[]): Promise<Stored> {
    this.refuseBacklog(rows.length);
    return this.enqueue(rows);
  }

  private refuseBacklog(more: number): void {
    if (this.waiting + this.promisedRows + more > WAITING_MAX) {
      throw new Problem("unavailable", "analytics.events-backlog", {
        message: "Too many events wait to be written; send them again.",
        retryAfterS: 1,
      });
    }
  }

  private enqueue(rows: readonly EventRow[]): Promise<Stored> {
    return new Promise((resolve, reject) => {
      this.waiting += rows.length;
      this.calls.push({ rows, resolve, reject });
      this.running ??= this.run();
    });
  }

  /**
   * Takes rows whose caller has been answered already: while the database is away they are tried again. What is lost in
   * the end is said in the log.
   * Problem: `analytics.events-backlog`, before anything is promised.
   */
  promise(rows: readonly EventRow[], then: (stored: Stored) => void): void {
    this.refuseBacklog(rows.length);
    this.promisedRows += rows.length;
    const storing = this.keepTrying(rows)
      .then(then)
      .catch((error: unknown) => {
        const events = rows.length;
        this.world.log.error({ err: error, events }, "events that were promised are lost");
      })
      .finally(() => {
        this.promisedRows -= rows.length;
        this.promised.delete(storing);
      });
    this.promised.add(storing);
  }

  /** Resolves when nothing waits any more; what was promised is tried once more and then given up. */
  async drained(): Promise<void> {
    this.isStopping = true;
    await this.running;
    await Promise.all(this.promised);
    this.isStopping = false;
  }

  private async keepTrying(rows: readonly EventRow[]): Promise<Stored> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.enqueue(rows);
      } catch (error) {
        const isAway = error instanceof Problem && error.kind === "unavailable";
        if (!isAway || this.isStopping || tries === PROMISED_TRIES_MAX) {
          throw error;
        }
        await sleep(PROMISED_AGAIN_MS, undefined, { ref: false });
      }
    }
  }

  private async run(): Promise<void> {
    // Calls of the same turn of the event loop go together from the start.
    await Promise.resolve();
    while (this.calls.length > 0) {
      await this.write(this.take());
    }
    this.running = undefined;
  }

  private take(): readonly Call[] {
    let count = 0;
    let end = 0;
    while (end < this.calls.length) {
      count += this.calls[end]?.rows.length ?? 0;
      if (end > 0 && count > COPIED_AT_ONCE_MAX) {
        break;
      }
      end += 1;
    }
    return this.calls.splice(0, end);
  }

  private async write(calls: readonly Call[]): Promise<void> {
    try {
      const rows = calls.flatMap((call) => call.rows);
      const known = await storeEvents(this.world, rows);
      this.copies.inc();
      let at = 0;
      for (const call of calls) {
        const end = at + call.rows.length;
        const duplicates: number[] = [];
        for (let position = 0; at < end; at += 1, position += 1) {
          if (known.has(at)) {
            duplicates.push(position);
          }
        }
        this.settle(call, { duplicates });
      }
    } catch (error) {
      await this.writeSingly(calls, error);
    }
  }

  /** One call that PostgreSQL refuses must not fail the others; where the database is away, all fail at once. */
  private async writeSingly(calls: readonly Call[], error: unknown): Promise<void> {
    if (calls.length > 1 && !(error instanceof Problem)) {
      for (const call of calls) {
        await this.write([call]);
      }
      return;
    }
    for (const call of calls) {
      this.waiting -= call.rows.length;
      this.stored.inc({ outcome: "failed" }, call.rows.length);
      call.reject(error);
    }
  }

  private settle(call: Call, stored: Stored): void {
    this.waiting -= call.rows.length;
    const duplicates = stored.duplicates.length;
    this.stored.inc({ outcome: "stored" }, call.rows.length - duplicates);
    this.stored.inc({ outcome: "duplicate" }, duplicates);
    call.resolve(stored);
  }
}
