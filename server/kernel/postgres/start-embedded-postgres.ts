import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Log } from "../log.ts";
import { FileLock } from "./file-lock.ts";
import { openDataDir } from "../data-dir.ts";
import { openPlace, type Place } from "./place.ts";
import { isPostmaster, readPidFile, stopPostmaster } from "./postmaster.ts";
import { runAgainOrAdopt, runOrAdopt, type Running } from "./run-or-adopt.ts";
import { StartError } from "../start-error.ts";

/** Another process may be in crash recovery while it holds the lock. */
const launchWaitMs = 300_000;
const restartFirstMs = 100;
const restartLastMs = 5_000;

export interface EmbeddedOptions {
  /** Absolute. Gets `postgres`, `run`, `secrets`, `locks`, `postgres.log` and, where needed, `native`. */
  readonly dataDir: string;
  readonly log: Log;
}

/** The embedded server as one process uses it. */
export interface EmbeddedPostgres {
  /** Stays the same when the server is started again. Over a unix socket; holds the password. */
  readonly url: string;
  /** As in `18.4`. */
  readonly version: string;
  /** True when it ran already: left over by a process that was killed, or used by another one now. */
  readonly adopted: boolean;
  /** Stops the server (fast shutdown) unless another Basalt process uses it; in that case only lets go of it. */
  stop(): Promise<void>;
}

/**
 * Starts the PostgreSQL of the data directory, or adopts the one that runs there, and keeps it running: when it dies it is
 * started again, with back-off, while this process lives. Any number of processes may share a data directory; the last
 * one to stop stops the server. Throws `StartError` with one sentence for the person who runs Basalt.
 */
export async function startEmbeddedPostgres({
  dataDir,
  log,
}: EmbeddedOptions): Promise<EmbeddedPostgres> {
  await openDataDir(dataDir);
  const server = new EmbeddedServer(dataDir, log);
  try {
    return await server.open();
  } catch (error) {
    server.abandon();
    throw error;
  }
}

class EmbeddedServer {
  readonly #dataDir: string;
  readonly #log: Log;
  /** Held alone while somebody starts, adopts or stops the server. */
  readonly #launch: FileLock;
  /** Shared by every process that uses the server. */
  readonly #use: FileLock;
  readonly #stopping = new AbortController();
  #restarting: Promise<void> | undefined;
  #unwatch: () => void = () => undefined;

  constructor(dataDir: string, log: Log) {
    this.#dataDir = dataDir;
    this.#log = log;
    this.#launch = new FileLock(path.join(dataDir, "locks", "launch"));
    this.#use = new FileLock(path.join(dataDir, "locks", "use"));
  }

  async open(): Promise<EmbeddedPostgres> {
    const running = await this.#launched(async (place) => {
      const made = await runOrAdopt(place);
      this.#use.tryShared();
      return made;
    });
    const { url, version, child } = running;
    this.#log.info({ version, adopted: child === null }, "PostgreSQL is ready");
    this.#watch(running);
    return { url, version, adopted: child === null, stop: () => this.#stop() };
  }

  /** Gives the locks back after a start that failed. */
  abandon(): void {
    this.#launch.close();
    this.#use.close();
  }

  async #launched<T>(work: (place: Place) => Promise<T>): Promise<T> {
    if (!(await this.#launch.exclusive(launchWaitMs))) {
      throw new StartError(
        `Another Basalt process has been starting the database in ${this.#dataDir} for minutes: end it, then start again.`,
      );
    }
    try {
      return await work(await openPlace(this.#dataDir));
    } finally {
      this.#launch.release();
    }
  }

  /** Notices the server's death: as its parent, or through a connection that breaks. */
  #watch({ child, url }: Running): void {
    const died = (): void => {
      this.#unwatch();
      if (!this.#stopping.signal.aborted) {
        this.#restarting = this.#restart();
      }
    };
    if (child) {
      child.once("exit", died);
      this.#unwatch = () => child.off("exit", died);
      if (child.exitCode !== null || child.signalCode !== null) {
        died();
      }
      return;
    }
    const sentinel = new pg.Client({ connectionString: url });
    sentinel.on("error", () => undefined);
    sentinel.once("end", died);
    this.#unwatch = () => {
      sentinel.off("end", died);
      sentinel.end().catch(() => undefined);
    };
    sentinel.connect().catch(died);
  }

  async #restart(): Promise<void> {
    const { signal } = this.#stopping;
    this.#log.warn({}, "PostgreSQL has gone; starting it again");
    for (
      let delayMs = restartFirstMs;
      !signal.aborted;
      delayMs = Math.min(delayMs * 2, restartLastMs)
    ) {
      try {
        const running = await this.#launched(runAgainOrAdopt);
        this.#log.info(
          { version: running.version, adopted: running.child === null },
          "PostgreSQL is back",
        );
        this.#watch(running);
        return;
      } catch (error) {
        this.#log.error({ err: error, delayMs }, "PostgreSQL could not be started again");
        await sleep(delayMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #stop(): Promise<void> {
    if (this.#stopping.signal.aborted) {
      return;
    }
    this.#stopping.abort();
    await this.#restarting;
    this.#unwatch();
    await this.#launched(async ({ clusterDir }) => {
      this.#use.release();
      const last = this.#use.tryExclusive();
      const running = await readPidFile(clusterDir);
      if (last && running && (await isPostmaster(running.pid, clusterDir))) {
        await stopPostmaster(running.pid);
      }
      this.#use.release();
    });
    this.abandon();
  }
}
