import { createHash, createHmac } from "node:crypto";
import type { Redis as Client, RedisOptions } from "ioredis";
import type { Config } from "./config.ts";
import type { Log } from "./log.ts";
import type { Counter, Metrics } from "./metrics.ts";

/**
 * An optional Redis, for speed only: nothing is kept there that cannot be lost. One that is away or slow is left alone
 * until it answers again, so whoever asks it never waits longer than `COMMAND_TIMEOUT_MS`, and nobody waits after that.
 */
export interface Redis {
  /** Whether asking is worth it: connected, and the last answer came in time. False costs nothing; look before each use. */
  readonly ready: boolean;
  /** The name of a key or a channel of this instance, so that several instances can share a Redis. */
  key(name: string): string;
  /** Runs a script (kept in Redis by its hash). Rejects with `RedisAway` at once when it is not ready, in time when it is slow. */
  run(
    script: RedisScript,
    keys: readonly string[],
    values: readonly (string | number)[],
  ): Promise<unknown>;
  /** Sends a message to every process, this one included; lost when Redis is not ready. Answers whether it went out. */
  publish(channel: string, message: string): boolean;
  /** Calls back for each message of the channel while connected; answers the way to stop. Must not throw. */
  subscribe(channel: string, callback: (message: string) => void): () => void;
  /** Calls back whenever the subscriptions work (again): what was sent in between is lost. Answers the way to stop. */
  onSubscribed(callback: () => void): () => void;
  /** Rejects when Redis does not answer. For `/health`. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** A Lua script; `make` one at module level, so that its hash is computed once. */
export interface RedisScript {
  readonly lua: string;
  readonly sha: string;
}

/** Redis is not there at the moment. Never shown to a caller: whoever asks goes on without it. */
export class RedisAway extends Error {
  constructor(why: string) {
    super(`Redis is not usable: ${why}`);
    this.name = "RedisAway";
  }
}

/** A command that takes longer counts as failed, and Redis as away until it answers a ping. */
export const COMMAND_TIMEOUT_MS = 100;
const CONNECT_TIMEOUT_MS = 2_000;
const PROBE_EVERY_MS = 250;
/** A connection that has not answered for so long is given up and made anew: it may lead nowhere. */
const SILENT_MAX_MS = 5_000;
const RECONNECT_FIRST_MS = 50;
const RECONNECT_LAST_MS = 1_000;

/** Makes a script ready to be run. */
export function redisScript(lua: string): RedisScript {
  return { lua, sha: createHash("sha1").update(lua).digest("hex") };
}

/**
 * Connects in the background where `REDIS_URL` is set; the library is loaded only then. A Redis that cannot be reached stops
 * no start.
 */
export async function openRedis(
  config: Pick<Config, "redisUrl" | "secret">,
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
): Promise<Redis | undefined> {
  if (config.redisUrl === null) {
    return undefined;
  }
  const { Redis: Connection } = await import("ioredis");
  const { redisUrl } = config;
  const open: LinkOptions["open"] = (more) => new Connection(redisUrl, { ...options, ...more });
  const prefix = createHmac("sha256", config.secret).update("redis").digest("hex").slice(0, 12);
  return new RedisLink({ open, prefix, log, metrics });
}

const options = {
  connectTimeout: CONNECT_TIMEOUT_MS,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  // Subscribed by us on every connection, so that we know from when on messages arrive.
  autoResubscribe: false,
  maxRetriesPerRequest: 0,
  connectionName: "basalt",
  retryStrategy: (times: number) => Math.min(RECONNECT_FIRST_MS * 2 ** times, RECONNECT_LAST_MS),
} satisfies RedisOptions;

interface LinkOptions {
  readonly open: (more: { readonly commandTimeout?: number }) => Client;
  readonly prefix: string;
  readonly log: Log;
  readonly metrics: Metrics;
}

class RedisLink implements Redis {
  readonly #prefix: string;
  readonly #log: Log;
  readonly #failures: Counter;
  readonly #commands: Client;
  readonly #messages: Client;
  readonly #channels = new Map<string, Set<(message: string) => void>>();
  readonly #subscribed = new Set<() => void>();
  readonly #probe: NodeJS.Timeout;
  #ready = false;
  #closed = false;
  #probing = false;
  #lastAnswerMs = performance.now();

  constructor({ open, prefix, log, metrics }: LinkOptions) {
    this.#prefix = `basalt:${prefix}:`;
    this.#log = log;
    this.#failures = metrics.counter("redis_failures_total", "Redis commands without an answer");
    metrics.gauge("redis_up", "1 while Redis answers in time", [], (gauge) =>
      gauge.set(this.#ready ? 1 : 0),
    );
    this.#commands = open({ commandTimeout: COMMAND_TIMEOUT_MS });
    this.#messages = open({});
    this.#commands.on("error", () => undefined);
    this.#messages.on("error", () => undefined);
    this.#commands.on("ready", () => this.#answered());
    this.#commands.on("close", () => this.#away("the connection is closed"));
    this.#messages.on("ready", () => {
      this.#resubscribe().catch(() => undefined);
    });
    this.#messages.on("message", (channel: string, message: string) => {
      for (const callback of this.#channels.get(channel) ?? []) {
        callback(message);
      }
    });
    this.#probe = setInterval(() => {
      this.#ask().catch(() => undefined);
    }, PROBE_EVERY_MS);
    this.#probe.unref();
  }

  get ready(): boolean {
    return this.#ready;
  }

  key(name: string): string {
    return this.#prefix + name;
  }

  async run(
    { lua, sha }: RedisScript,
    keys: readonly string[],
    values: readonly (string | number)[],
  ): Promise<unknown> {
    this.#mustBeReady();
    const rest = [...keys, ...values];
    return this.#timed(async () => {
      try {
        return await this.#commands.evalsha(sha, keys.length, ...rest);
      } catch (error) {
        if (error instanceof Error && error.message.startsWith("NOSCRIPT")) {
          return this.#commands.call("EVAL", lua, keys.length, ...rest);
        }
        throw error;
      }
    });
  }

  publish(channel: string, message: string): boolean {
    if (!this.#ready) {
      return false;
    }
    this.#timed(() => this.#commands.publish(this.key(channel), message)).catch(() => undefined);
    return true;
  }

  subscribe(channel: string, callback: (message: string) => void): () => void {
    const name = this.key(channel);
    const callbacks = this.#channels.get(name) ?? new Set();
    this.#channels.set(name, callbacks.add(callback));
    if (callbacks.size === 1 && this.#messages.status === "ready") {
      this.#resubscribe().catch(() => undefined);
    }
    return () => callbacks.delete(callback);
  }

  onSubscribed(callback: () => void): () => void {
    this.#subscribed.add(callback);
    return () => this.#subscribed.delete(callback);
  }

  async check(): Promise<void> {
    if (this.#commands.status !== "ready") {
      throw new RedisAway("there is no connection");
    }
    await this.#commands.ping();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#ready = false;
    clearInterval(this.#probe);
    this.#commands.disconnect();
    this.#messages.disconnect();
  }

  #mustBeReady(): void {
    if (!this.#ready) {
      throw new RedisAway("it does not answer at the moment");
    }
  }

  /** A command that fails for want of an answer makes Redis count as away; a refusal by Redis is the caller's own. */
  async #timed<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Error && error.name === "ReplyError") {
        throw error;
      }
      this.#failures.inc();
      const why = error instanceof Error ? error.message : String(error);
      this.#away(why);
      throw new RedisAway(why);
    }
  }

  async #ask(): Promise<void> {
    if (this.#probing || this.#closed || this.#commands.status !== "ready") {
      return;
    }
    this.#probing = true;
    try {
      await this.#commands.ping();
      this.#answered();
    } catch (error) {
      this.#away(error instanceof Error ? error.message : String(error));
      if (performance.now() - this.#lastAnswerMs > SILENT_MAX_MS) {
        this.#lastAnswerMs = performance.now();
        this.#commands.disconnect(true);
        this.#messages.disconnect(true);
      }
    } finally {
      this.#probing = false;
    }
  }

  #answered(): void {
    this.#lastAnswerMs = performance.now();
    if (!this.#ready && !this.#closed) {
      this.#ready = true;
      this.#log.info({}, "Redis answers");
    }
  }

  #away(why: string): void {
    if (this.#ready) {
      this.#ready = false;
      this.#log.warn({ why }, "Redis does not answer; going on without it");
    }
  }

  async #resubscribe(): Promise<void> {
    const names = [...this.#channels.keys()];
    if (names.length > 0) {
      await this.#messages.subscribe(...names);
      for (const callback of this.#subscribed) {
        callback();
      }
    }
  }
}
