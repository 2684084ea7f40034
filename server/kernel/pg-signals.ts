import pg from "pg";
import type { Db } from "./db/db.ts";
import type { Log } from "./log.ts";
import type { Signals } from "./signals.ts";
import { CHANNEL, deleteOldSignals, lastSignal, signalsAfter, writeSignal } from "./signals.sql.ts";

const POLL_MS = 1_000;
/** How many ids before the last one seen are read again: transactions that were open then may have committed since. */
const OVERLAP = 100;
const CLEAN_EVERY_POLLS = 600;

/**
 * Signals over PostgreSQL: a row in the sender's transaction, a NOTIFY that wakes the others, and a look each second
 * for those that missed it. A signal may reach a listener twice; listeners only drop what they cached.
 */
export class PgSignals implements Signals {
  private readonly listeners = new Map<string, Set<(key: string) => void>>();
  private readonly seen = new Set<number>();
  private readonly db: Db;
  private readonly url: string;
  private readonly log: Log;
  private client: pg.Client | undefined;
  private timer: NodeJS.Timeout | undefined;
  private last = 0;
  private polls = 0;
  private closed = false;
  private reading: Promise<void> = Promise.resolve();

  constructor(options: { readonly db: Db; readonly url: string; readonly log: Log }) {
    this.db = options.db;
    this.url = options.url;
    this.log = options.log;
  }

  /** Starts to listen; resolves when the first look has been taken. */
  async open(): Promise<void> {
    const row = await this.db.one<{ id: number }>(lastSignal());
    this.last = row.id;
    await this.connect();
    this.timer = setInterval(() => this.poll(), POLL_MS);
    this.timer.unref();
  }

  async send(db: Db, topic: string, key: string): Promise<void> {
    await db.run(writeSignal(topic, key));
    if ("afterCommit" in db && typeof db.afterCommit === "function") {
      db.afterCommit(() => this.tell(topic, key));
    } else {
      this.tell(topic, key);
    }
  }

  listen(topic: string, callback: (key: string) => void): () => void {
    const callbacks = this.listeners.get(topic) ?? new Set();
    callbacks.add(callback);
    this.listeners.set(topic, callbacks);
    return () => callbacks.delete(callback);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    await this.reading;
    await this.client?.end().catch(() => undefined);
  }

  private tell(topic: string, key: string): void {
    for (const callback of this.listeners.get(topic) ?? []) {
      callback(key);
    }
  }

  private poll(): void {
    if (this.client === undefined && !this.closed) {
      this.connect().catch((error: unknown) =>
        this.log.debug({ err: error }, "signals: cannot listen"),
      );
    }
    this.reading = this.reading
      .then(() => this.read())
      .catch((error: unknown) => {
        this.log.debug({ err: error }, "signals: cannot read");
      });
  }

  private async read(): Promise<void> {
    if (this.closed) {
      return;
    }
    const rows = await this.db.all<{ id: number; topic: string; key: string }>(
      signalsAfter(Math.max(0, this.last - OVERLAP)),
    );
    for (const { id, topic, key } of rows) {
      if (!this.seen.has(id)) {
        this.seen.add(id);
        this.last = Math.max(this.last, id);
        this.tell(topic, key);
      }
    }
    for (const id of this.seen) {
      if (id >= this.last - OVERLAP * 2) {
        break;
      }
      this.seen.delete(id);
    }
    this.polls += 1;
    if (this.polls % CLEAN_EVERY_POLLS === 0) {
      await this.db.run(deleteOldSignals());
    }
  }

  private async connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.url,
      application_name: "basalt-signals",
      connectionTimeoutMillis: 2_000,
    });
    this.client = client;
    client.on("error", () => this.drop(client));
    client.on("end", () => this.drop(client));
    client.on("notification", () => this.poll());
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
    } catch (error) {
      this.drop(client);
      throw error;
    }
  }

  private drop(client: pg.Client): void {
    if (this.client === client) {
      this.client = undefined;
      client.end().catch(() => undefined);
    }
  }
}
