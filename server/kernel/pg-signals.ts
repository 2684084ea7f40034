import type { Db } from "./db/db.ts";
import type { SideConnection } from "./db/side-connection.ts";
import { HeardBy } from "./heard-by.ts";
import type { Log } from "./log.ts";
import type { Redis } from "./redis.ts";
import type { Signals } from "./signals.ts";
import {
  CHANNEL,
  deleteOldSignals,
  HEARD_CHANNEL,
  lastSignal,
  sayHeard,
  signalsAfter,
  writeSignal,
} from "./signals.sql.ts";

const POLL_MS = 1_000;
/** How many ids before the last one seen are read again: transactions that were open then may have committed since. */
const OVERLAP = 100;
const CLEAN_EVERY_POLLS = 600;
/** Ids that one message names at most: PostgreSQL takes 8,000 bytes. */
const HEARD_MAX = 200;
const REDIS_CHANNEL = "signals";

export interface PgSignalsOptions {
  /** Of this process, as the registry of processes knows it. */
  readonly processId: string;
  readonly side: SideConnection;
  readonly log: Log;
  /** Carries the same message a little faster, where there is one. */
  readonly redis?: Redis | undefined;
}

/**
 * Signals over PostgreSQL: a row in the sender's transaction, a NOTIFY that wakes the others, and a look each second
 * for those that missed it. Whoever hears says so, and the sender waits for that. A signal may reach a listener twice;
 * listeners only drop what they cached.
 */
export class PgSignals implements Signals {
  readonly #listeners = new Map<string, Set<(key: string) => void>>();
  readonly #seen = new Set<number>();
  /** Signals of this process, and whether its own listeners know: not when the commit's answer was lost. */
  readonly #own = new Map<number, boolean>();
  readonly #heardBy = new HeardBy();
  readonly #options: PgSignalsOptions;
  #timer: NodeJS.Timeout | undefined;
  #last = 0;
  #polls = 0;
  #closed = false;
  #isAsked = false;
  #reading: Promise<void> = Promise.resolve();

  constructor(options: PgSignalsOptions) {
    this.#options = options;
    const { side, redis } = options;
    side.listen(CHANNEL, () => this.#read());
    side.listen(HEARD_CHANNEL, (payload) => this.#heardBy.note(payload));
    side.onConnected(() => this.#read());
    redis?.subscribe(REDIS_CHANNEL, (message) => {
      const [topic = "", key = ""] = message.split("\n");
      this.#tell(topic, key);
    });
  }

  /** Starts to listen, once the side connection is open; resolves when the first look has been taken. */
  async open(): Promise<void> {
    const [row] = await this.#options.side.rows<{ id: number }>(lastSignal());
    this.#last = row?.id ?? 0;
    this.#timer = setInterval(() => this.#read(), POLL_MS);
    this.#timer.unref();
  }

  async send(db: Db, topic: string, key: string): Promise<void> {
    await this.#write(db, [topic, key], (id, others) => this.#heardBy.all(id, others));
  }

  async hint(db: Db, topic: string, key: string): Promise<void> {
    await this.#write(db, [topic, key], async () => undefined);
  }

  listen(topic: string, callback: (key: string) => void): () => void {
    const callbacks = this.#listeners.get(topic) ?? new Set();
    callbacks.add(callback);
    this.#listeners.set(topic, callbacks);
    return () => callbacks.delete(callback);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#reading;
  }

  async #write(
    db: Db,
    [topic, key]: readonly [string, string],
    heard: (id: number, others: readonly string[]) => Promise<void>,
  ): Promise<void> {
    const { processId, redis } = this.#options;
    const { id, others } = await db.one<{ id: number; others: string[] }>(
      writeSignal(topic, key, processId),
    );
    this.#own.set(id, false);
    const tell = (): Promise<void> => {
      this.#own.set(id, true);
      this.#tell(topic, key);
      redis?.publish(REDIS_CHANNEL, `${topic}\n${key}`);
      return heard(id, others);
    };
    if ("afterCommit" in db && typeof db.afterCommit === "function") {
      db.afterCommit(tell);
    } else {
      await tell();
    }
  }

  #tell(topic: string, key: string): void {
    for (const callback of this.#listeners.get(topic) ?? []) {
      callback(key);
    }
  }

  /** Looks for new signals; while one look runs, any number of wishes are one more. */
  #read(): void {
    if (this.#isAsked || this.#closed) {
      return;
    }
    this.#isAsked = true;
    this.#reading = this.#reading
      .then(() => {
        this.#isAsked = false;
        return this.#readOnce();
      })
      .catch((error: unknown) => {
        this.#options.log.debug({ err: error }, "signals: cannot read");
      });
  }

  async #readOnce(): Promise<void> {
    if (this.#closed) {
      return;
    }
    const { side, processId } = this.#options;
    const rows = await side.rows<{ id: number; topic: string; key: string }>(
      signalsAfter(Math.max(0, this.#last - OVERLAP)),
    );
    const heard: number[] = [];
    for (const { id, topic, key } of rows.filter((row) => !this.#seen.has(row.id))) {
      this.#seen.add(id);
      this.#last = Math.max(this.#last, id);
      const isTold = this.#own.get(id);
      if (isTold !== true) {
        this.#tell(topic, key);
      }
      if (isTold === undefined) {
        heard.push(id);
      }
    }
    for (let from = 0; from < heard.length; from += HEARD_MAX) {
      await side.rows(sayHeard(processId, heard.slice(from, from + HEARD_MAX)));
    }
    this.#forget();
    this.#polls += 1;
    if (this.#polls % CLEAN_EVERY_POLLS === 0) {
      await side.rows(deleteOldSignals());
    }
  }

  #forget(): void {
    for (const ids of [this.#seen, this.#own]) {
      for (const id of ids.keys()) {
        if (id >= this.#last - OVERLAP * 2) {
          break;
        }
        ids.delete(id);
      }
    }
  }
}
