import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FileLock, StartError } from "#kernel";

/** What a supervisor tells of itself, for `basalt restart`. */
interface Told {
  readonly pid: number;
  /** How often it has been asked to replace its children, and has ended doing so. */
  readonly restarts: number;
  /** Why the last time failed; null when it did not. */
  readonly failure: string | null;
}

const POLL_MS = 100;
/** Each of 64 children takes its turn: starting, then draining for up to 25 s. */
const RESTART_MAX_MS = 1_800_000;

const lockFile = (dataDir: string): string => path.join(dataDir, "locks", "supervisor");
const toldFile = (dataDir: string): string => path.join(dataDir, "locks", "supervisor.json");

/** The one supervisor of a data directory, as others find it. */
export class SupervisorFile {
  readonly #lock: FileLock;
  readonly #file: string;

  constructor(dataDir: string) {
    this.#lock = new FileLock(lockFile(dataDir));
    this.#file = toldFile(dataDir);
    if (!this.#lock.tryExclusive()) {
      this.#lock.close();
      throw new StartError(
        `Another Basalt with BASALT_PROCESSES runs on ${dataDir}: stop it, or give this one a BASALT_DATA_DIR of its own.`,
      );
    }
  }

  async tell(restarts: number, failure: string | null): Promise<void> {
    const told: Told = { pid: process.pid, restarts, failure };
    await writeFile(this.#file, JSON.stringify(told), { mode: 0o600 });
  }

  close(): void {
    this.#lock.release();
    this.#lock.close();
  }
}

/**
 * Has the supervisor of this data directory replace its children one by one, and waits until it has. Throws `StartError` with
 * one sentence when there is none, or when a new child could not start (the old ones serve on).
 */
export async function askForRestart(dataDir: string): Promise<void> {
  const before = await supervisorOf(dataDir);
  process.kill(before.pid, "SIGUSR2");
  for (let waitedMs = 0; waitedMs < RESTART_MAX_MS; waitedMs += POLL_MS) {
    const now = await supervisorOf(dataDir);
    if (now.restarts > before.restarts) {
      if (now.failure !== null) {
        throw new StartError(now.failure);
      }
      return;
    }
    await sleep(POLL_MS);
  }
  throw new StartError("The processes have not been replaced in half an hour: see the log.");
}

async function supervisorOf(dataDir: string): Promise<Told> {
  const told = await readFile(toldFile(dataDir), "utf8").catch(() => undefined);
  if (told !== undefined) {
    const lock = new FileLock(lockFile(dataDir));
    const isGone = lock.tryExclusive();
    lock.close();
    if (!isGone) {
      return JSON.parse(told) as Told;
    }
  }
  throw new StartError(
    `No Basalt with BASALT_PROCESSES runs on ${dataDir}: only such a one can be restarted without a break.`,
  );
}
