import pg from "pg";
import type { PoolClient } from "pg";
import type { Log } from "../log.ts";
import { away, sqlState } from "./failures.ts";

/** How often a look is taken, milliseconds. */
const LOOK_MS = 100;
/** A connection that is used longer than this may be waiting for a server that is gone; most are used for a few. */
const SUSPICIOUS_MS = 250;
/** What the server must answer in, milliseconds. With the two above, callers are told within a second. */
const ANSWER_MAX_MS = 500;
/** Firewalls forget connections that nobody uses, milliseconds. */
const KEPT_ALIVE_MS = 15_000;
/** What a connection must be made in, milliseconds; as long as callers wait for one of the pool. */
const CONNECT_MAX_MS = 900;

export interface PulseOptions {
  readonly pool: pg.Pool;
  readonly url: string;
  readonly log: Pick<Log, "info" | "warn">;
}

/**
 * Notices a database that is silent: its machine is frozen, or the way to it swallows what is sent. TCP alone waits for
 * a quarter of an hour. Where connections are in use for long, the server is asked something on a connection of the
 * pulse's own; where that gets no answer either, every connection of the pool is broken, so that callers hear at once that
 * the database is away, and new callers hear it too until the server answers again. A slow statement alone breaks nothing.
 */
export class Pulse {
  readonly #options: PulseOptions;
  readonly #clients = new Set<PoolClient>();
  /** Since when, in the time of `performance.now()`. */
  readonly #inUse = new Map<PoolClient, number>();
  readonly #timer: NodeJS.Timeout;
  #own: pg.Client | undefined;
  #asking = false;
  #isAway = false;
  #heardAt = 0;
  #closed = false;

  constructor(options: PulseOptions) {
    this.#options = options;
    const { pool } = options;
    pool.on("connect", (client) => this.#clients.add(client));
    pool.on("acquire", (client) => this.#inUse.set(client, performance.now()));
    pool.on("release", (_error, client) => this.#inUse.delete(client));
    pool.on("remove", (client) => {
      this.#clients.delete(client);
      this.#inUse.delete(client);
    });
    this.#timer = setInterval(() => void this.#look(), LOOK_MS).unref();
  }

  /** Problem: `kernel.database-unavailable`, while the database is away. */
  requireHere(): void {
    if (this.#isAway) {
      throw away();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    // A database that is away would let the goodbye wait as well.
    if (this.#own !== undefined && this.#isAway) {
      breakOff(this.#own);
    } else {
      await this.#own?.end().catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    if (this.#asking || this.#closed || !(this.#matters() || this.#isDue())) {
      return;
    }
    this.#asking = true;
    const answers = await (this.#own === undefined ? this.#greet() : this.#ask(this.#own));
    this.#asking = false;
    this.#heardAt = answers ? performance.now() : this.#heardAt;
    if (this.#matters() && answers === this.#isAway) {
      this.#turn(!answers);
    }
  }

  /** True where somebody waits to hear whether the database is there. */
  #matters(): boolean {
    return this.#isAway || this.#isSuspicious();
  }

  /** True where the pulse's own connection has to be made, or kept from being forgotten on the way. */
  #isDue(): boolean {
    return this.#own === undefined
      ? this.#clients.size > 0
      : this.#heardAt < performance.now() - KEPT_ALIVE_MS;
  }

  #isSuspicious(): boolean {
    const before = performance.now() - SUSPICIOUS_MS;
    return this.#inUse.values().some((since) => since < before);
  }

  #turn(isAway: boolean): void {
    this.#isAway = isAway;
    const { log } = this.#options;
    if (!isAway) {
      log.info({}, "the database answers again");
      return;
    }
    log.warn(
      { connections: this.#clients.size },
      "the database does not answer; connections are broken",
    );
    for (const client of this.#clients) {
      breakOff(client);
    }
  }

  /** Connects ahead of need, because that takes several ways there and back. True where the server says anything. */
  async #greet(): Promise<boolean> {
    const client = new pg.Client({
      connectionString: this.#options.url,
      application_name: "basalt-pulse",
      connectionTimeoutMillis: CONNECT_MAX_MS,
    });
    client.on("error", () => this.#drop(client));
    client.on("end", () => this.#drop(client));
    const said = await client.connect().then(() => "answer" as const, heard);
    if (said === "answer" && !this.#closed) {
      this.#own = client;
    } else {
      breakOff(client);
    }
    return said !== "nothing";
  }

  /** True where the server says anything at all in time, be it a refusal: then it is there. */
  async #ask(client: pg.Client): Promise<boolean> {
    const { promise: late, resolve } = Promise.withResolvers<"nothing">();
    const timer = setTimeout(() => afterWhatHasArrived(() => resolve("nothing")), ANSWER_MAX_MS);
    const asked = client.query("select 1").then(() => "answer" as const, heard);
    const said = await Promise.race([asked, late]);
    clearTimeout(timer);
    if (said !== "answer") {
      this.#drop(client);
      breakOff(client);
    }
    return said !== "nothing";
  }

  #drop(client: pg.Client): void {
    if (this.#own === client) {
      this.#own = undefined;
    }
  }
}

/** What a failed question tells: PostgreSQL's own errors are an answer, a broken connection is none. */
function heard(error: unknown): "refusal" | "nothing" {
  return sqlState(error) === undefined ? "nothing" : "refusal";
}

/** A timer that fires late because this process was busy must not overtake an answer that is already in the socket. */
function afterWhatHasArrived(then: () => void): void {
  setImmediate(() => setImmediate(then));
}

/** Without a word to the server, which would wait for it too. */
function breakOff(client: pg.ClientBase): void {
  const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } })
    .connection;
  stream.destroy();
}
