import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { Db } from "./db/db.ts";
import type { SideConnection } from "./db/side-connection.ts";
import type { Log } from "./log.ts";
import { beat, leave, type ProcessRow } from "./processes.sql.ts";
import type { Signals } from "./signals.ts";

/** Everybody reads of everybody this often; a process that is silent for three beats counts as gone. */
const BEAT_MS = 1_000;
/** Topic of the signal that a process has come or gone; the key is its id. */
const PROCESSES_CHANGED = "kernel.processes";

/** One process that serves this database. */
export interface RunningProcess {
  readonly id: string;
  readonly roles: readonly string[];
  readonly version: string;
  /** Where it listens, empty where it does not. */
  readonly address: string;
  /** ISO time. */
  readonly startedAt: string;
}

export interface ProcessesOptions {
  readonly id: string;
  readonly db: Db;
  readonly side: SideConnection;
  readonly signals: Signals;
  readonly log: Log;
  readonly now: () => Date;
}

/** A name for this process that no other one has or had. */
export function newProcessId(): string {
  return `${hostname().slice(0, 60)}-${process.pid}-${randomBytes(4).toString("hex")}`;
}

/**
 * Which processes serve this database: each writes a row every second. Whoever joins is known to all others before it serves
 * its first request, so that who is alone may save itself telling others.
 */
export class Processes {
  readonly id: string;
  readonly #options: ProcessesOptions;
  #me: ProcessRow | undefined;
  #others: readonly RunningProcess[] = [];
  /** False while somebody may have come that we do not know yet. */
  #isKnown = false;
  #isAskedAgain = false;
  #timer: NodeJS.Timeout | undefined;
  #stopListening: () => void = () => undefined;
  #beating: Promise<void> = Promise.resolve();

  constructor(options: ProcessesOptions) {
    this.id = options.id;
    this.#options = options;
  }

  /** Joins; resolves when the others know. */
  async join(about: {
    readonly roles: Iterable<string>;
    readonly version: string;
    readonly address: string;
  }): Promise<void> {
    const { db, signals, now } = this.#options;
    this.#me = {
      ...about,
      id: this.id,
      roles: [...about.roles],
      startedAt: now().toISOString(),
    };
    this.#stopListening = signals.listen(PROCESSES_CHANGED, (id) => {
      if (id === this.id) {
        return;
      }
      // Whoever joins is told that we have heard before we have looked who it is.
      this.#isKnown = false;
      this.#isAskedAgain = true;
      this.#beatSoon();
    });
    await this.#beat();
    this.#timer = setInterval(() => this.#beatSoon(), BEAT_MS);
    this.#timer.unref();
    await signals.send(db, PROCESSES_CHANGED, this.id);
  }

  /** True where certainly no other process serves this database; false before `join` and while the database is away. */
  get isAlone(): boolean {
    return this.#isKnown && this.#others.length === 0;
  }

  /** All that live, this one first. */
  list(): readonly RunningProcess[] {
    return this.#me === undefined ? [] : [this.#me, ...this.#others];
  }

  /** Nobody waits for this process any more. */
  async leave(): Promise<void> {
    if (this.#me === undefined) {
      return;
    }
    this.#me = undefined;
    clearInterval(this.#timer);
    this.#stopListening();
    await this.#beating;
    await this.#options.side.rows(leave(this.id)).catch(() => undefined);
  }

  #beatSoon(): void {
    this.#beating = this.#beating
      .then(() => this.#beat())
      .catch((error: unknown) => {
        this.#isKnown = false;
        this.#options.log.debug({ err: error }, "this process cannot be written down");
      });
  }

  async #beat(): Promise<void> {
    if (this.#me !== undefined) {
      this.#isAskedAgain = false;
      this.#others = await this.#options.side.rows<RunningProcess>(beat(this.#me));
      this.#isKnown = !this.#isAskedAgain;
    }
  }
}
