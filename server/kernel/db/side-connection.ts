import pg from "pg";
import type { Log } from "../log.ts";
import { listenOn } from "./side-connection.sql.ts";
import type { Sql } from "./sql.ts";

/** How soon a lost connection is made again, milliseconds. */
const RECONNECT_MS = 500;
/** What a statement must be answered in, milliseconds; otherwise the connection is given up as dead. */
const ANSWER_MAX_MS = 3_000;
const CONNECT_MAX_MS = 2_000;

/**
 * One connection beside the pool, for what processes tell each other: it is there when the pool is exhausted, and only such a
 * session can LISTEN. Made again by itself when it is lost.
 */
export class SideConnection {
  readonly #url: string;
  readonly #log: Log;
  readonly #channels = new Map<string, (payload: string) => void>();
  readonly #connected = new Set<() => void>();
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #connecting = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor({ url, log }: { readonly url: string; readonly log: Log }) {
    this.#url = url;
    this.#log = log;
  }

  /** Connects; rejects where the database cannot be reached at start. */
  async open(): Promise<void> {
    await this.#connect();
    this.#timer = setInterval(() => {
      if (this.#client === undefined && !this.#connecting && !this.#closed) {
        this.#connect().catch((error: unknown) =>
          this.#log.debug({ err: error }, "the connection between processes cannot be made"),
        );
      }
    }, RECONNECT_MS);
    this.#timer.unref();
  }

  /** Calls back for each notification of the channel; one listener a channel. Must not throw. */
  listen(channel: string, callback: (payload: string) => void): void {
    this.#channels.set(channel, callback);
    if (this.#client !== undefined) {
      this.rows(listenOn(channel)).catch(() => undefined);
    }
  }

  /** Calls back each time the connection is made: notifications in between were lost. */
  onConnected(callback: () => void): void {
    this.#connected.add(callback);
  }

  /** Rows of a statement; `bigint` comes as a number. One after the other. Rejects at once when there is no connection. */
  async rows<T>(statement: Sql): Promise<T[]> {
    const turn = this.#last.then(() => this.#ask<T>(statement));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #ask<T>({ text, values }: Sql): Promise<T[]> {
    const client = this.#client;
    if (client === undefined) {
      throw new Error("there is no connection between processes at the moment");
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#drop(client);
        reject(new Error("the connection between processes does not answer"));
      }, ANSWER_MAX_MS);
    });
    try {
      const { rows } = await Promise.race([client.query({ text, values }), late]);
      return rows;
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    this.#connecting = true;
    try {
      await this.#connectOnce();
    } finally {
      this.#connecting = false;
    }
  }

  async #connectOnce(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: "basalt-processes",
      connectionTimeoutMillis: CONNECT_MAX_MS,
      keepAlive: true,
      types: { getTypeParser },
    });
    client.on("error", () => this.#drop(client));
    client.on("end", () => this.#drop(client));
    client.on("notification", ({ channel, payload = "" }) =>
      this.#channels.get(channel)?.(payload),
    );
    try {
      await client.connect();
      for (const channel of this.#channels.keys()) {
        await client.query(listenOn(channel).text);
      }
      if (this.#closed) {
        throw new Error("the connection between processes was closed meanwhile");
      }
      this.#client = client;
    } catch (error) {
      client.end().catch(() => undefined);
      throw error;
    }
    for (const callback of this.#connected) {
      callback();
    }
  }

  #drop(client: pg.Client): void {
    if (this.#client === client) {
      this.#client = undefined;
      client.end().catch(() => undefined);
    }
  }
}

/** `bigint` fits a double here. */
function getTypeParser(oid: number, format?: "text" | "binary"): (value: string) => unknown {
  return oid === 20 ? Number : pg.types.getTypeParser(oid, format ?? "text");
}
