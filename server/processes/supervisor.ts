import { setTimeout as sleep } from "node:timers/promises";
import { type Counter, type Log, type Metrics, openMetrics, StartError } from "#kernel";
import { Child } from "./child.ts";
import type { SharedSocket } from "./listening-sockets.ts";
import { mergeExpositions } from "./merge-expositions.ts";
import type { ChildStart } from "./messages.ts";
import type { SupervisorFile } from "./supervisor-file.ts";

/** What one child is for; the child in it changes. */
export interface Place {
  readonly name: string;
  readonly socket: SharedSocket | undefined;
  readonly start: ChildStart;
}

export interface SupervisorOptions {
  readonly program: URL;
  readonly log: Log;
  readonly file: SupervisorFile;
  readonly places: readonly Place[];
}

/** How long idle connections of a child that is replaced may send a last request, milliseconds. */
const HANDOVER_IDLE_MS = 3_000;
const BACK_OFF_FIRST_MS = 100;
const BACK_OFF_LAST_MS = 10_000;
/** A child that lived so long did not die of its start. */
const LIVED_MS = 30_000;

/** Keeps a child in every place, and replaces them on request. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  /** Who holds each place. */
  readonly #holders = new Map<string, Child>();
  /** Everybody who runs, also those that are starting or stopping. */
  readonly #alive = new Set<Child>();
  /** Who takes the connections of a place whose child has died. */
  readonly #standIns = new Map<string, Child>();
  readonly #metrics: Metrics;
  readonly #deaths: Counter;
  readonly #ending = new AbortController();
  #restarts = 0;
  #restarting: Promise<void> = Promise.resolve();

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#metrics = openMetrics({ process: "supervisor" });
    this.#metrics.gauge("processes_running", "Child processes that run", [], (gauge) =>
      gauge.set(this.#alive.size),
    );
    this.#metrics.gauge("processes_pid", "Number of the process in a place", ["place"], (gauge) => {
      for (const [place, { pid }] of this.#holders) {
        gauge.set(pid, { place });
      }
    });
    this.#deaths = this.#metrics.counter(
      "processes_died_total",
      "Child processes that ended without being told to",
      ["place"],
    );
  }

  /** Starts a child in every place; rejects with the reason of the first that cannot. */
  async start(): Promise<void> {
    await Promise.all(
      this.#options.places.map(async (place) => {
        const child = this.#fork(place);
        await child.ready;
        this.#hold(place, child);
      }),
    );
    await this.#options.file.tell(this.#restarts, null);
  }

  /** One wish after the other; the old child stops when the new one serves. */
  restart(): Promise<void> {
    const done = this.#restarting.then(() => this.#restartAll());
    this.#restarting = done.catch(() => undefined);
    return done;
  }

  /** Ends everybody; they say "not ready" and serve on for `drainMs` before. */
  async stop(drainMs: number): Promise<void> {
    this.#ending.abort();
    await Promise.all(
      [...this.#alive].map((child) => child.stop({ drainMs, idleMs: 0, handsOver: false })),
    );
  }

  async #restartAll(): Promise<void> {
    const { log, file, places } = this.#options;
    log.info({ places: places.length }, "every process is replaced");
    let failure: string | null = null;
    try {
      for (const place of places) {
        await this.#replace(place);
      }
      log.info({}, "every process has been replaced");
    } catch (error) {
      failure = `A new process could not start, and the old ones serve on: ${error instanceof Error ? error.message : String(error)}`;
      log.error({ err: error }, "a new process could not start; the old ones serve on");
    }
    this.#restarts += 1;
    await file.tell(this.#restarts, failure);
    if (failure !== null) {
      throw new StartError(failure);
    }
  }

  async #replace(place: Place): Promise<void> {
    this.#ending.signal.throwIfAborted();
    const next = this.#fork(place);
    try {
      await next.ready;
    } catch (error) {
      next.kill();
      throw error;
    }
    const old = this.#holders.get(place.name);
    this.#hold(place, next);
    await old?.stop({ drainMs: 0, idleMs: HANDOVER_IDLE_MS, handsOver: true });
  }

  #fork(place: Place): Child {
    const { program, log } = this.#options;
    const { start, socket } = place;
    const child = new Child({
      program,
      start,
      socket,
      onFiguresAsked: () => this.#figures(),
    });
    const startedMs = performance.now();
    this.#alive.add(child);
    child.ended
      .then((how) => {
        this.#alive.delete(child);
        if (this.#holders.get(place.name) !== child || child.isStopping) {
          return;
        }
        this.#deaths.inc({ place: place.name });
        log.error({ process: place.name, how }, "a process has died; another takes its place");
        this.#standIn(place);
        return this.#revive(place, child, performance.now() - startedMs);
      })
      .catch((error: unknown) => log.error({ err: error }, "a process cannot be replaced"));
    return child;
  }

  /** The child holds the place; whoever stood in for it need not any more. */
  #hold(place: Place, child: Child): void {
    this.#holders.set(place.name, child);
    this.#standIns.get(place.name)?.giveBack(place.name);
    this.#standIns.delete(place.name);
  }

  /** Connections that come until there is a new child are taken by a sibling. */
  #standIn({ name, socket }: Place): void {
    const sibling = [...this.#holders.values()].find(
      (child) => this.#alive.has(child) && !child.isStopping && this.#serves(child),
    );
    if (socket !== undefined && sibling !== undefined) {
      this.#standIns.set(name, sibling);
      sibling.take(name, socket);
    }
  }

  #serves(child: Child): boolean {
    return this.#options.places.some(
      ({ name, socket }) => name === child.name && socket !== undefined,
    );
  }

  /** Tries until a new child serves, or somebody else put one there. */
  async #revive(place: Place, dead: Child, livedMs: number): Promise<void> {
    const { signal } = this.#ending;
    const isVacant = (): boolean => !signal.aborted && this.#holders.get(place.name) === dead;
    let waitMs = livedMs >= LIVED_MS ? 0 : BACK_OFF_FIRST_MS;
    while (isVacant()) {
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      if (!isVacant()) {
        return;
      }
      const child = this.#fork(place);
      const failure = await child.ready.then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure === undefined && isVacant()) {
        this.#hold(place, child);
        return;
      }
      child.kill();
      if (failure !== undefined) {
        waitMs = Math.min(Math.max(waitMs, BACK_OFF_FIRST_MS) * 2, BACK_OFF_LAST_MS);
        this.#options.log.error(
          { err: failure, process: place.name, waitMs },
          "a process cannot be started; trying again",
        );
      }
    }
  }

  /** Everybody's figures; each sample names its process. */
  async #figures(): Promise<string> {
    const { text } = await this.#metrics.expose();
    const others = [...this.#holders.values()].filter((child) => this.#alive.has(child));
    return mergeExpositions([text, ...(await Promise.all(others.map((child) => child.figures())))]);
  }
}
