/** How long a process may take to say that it has heard, milliseconds; promised is a second for a revocation. */
const WAIT_MAX_MS = 1_000;

interface Waiting {
  readonly missing: Set<string>;
  readonly done: () => void;
}

/** Who has heard which signal, and who waits for that. */
export class HeardBy {
  readonly #waiting = new Map<number, Waiting>();
  /** What was said before somebody waited for it: the answer of another process can be faster than our own commit. */
  readonly #early = new Map<number, Set<string>>();
  /** Processes that did not answer in time; nobody waits for them again until they are heard of. */
  readonly #silent = new Set<string>();

  /** Resolves when all of them have heard, or when the time is over. */
  async all(id: number, others: readonly string[]): Promise<void> {
    const early = this.#early.get(id);
    this.#early.delete(id);
    const missing = new Set(
      others.filter((other) => !this.#silent.has(other) && early?.has(other) !== true),
    );
    if (missing.size === 0) {
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        for (const other of missing) {
          this.#silent.add(other);
        }
        resolve();
      }, WAIT_MAX_MS);
      this.#waiting.set(id, {
        missing,
        done: () => {
          clearTimeout(timer);
          resolve();
        },
      });
    });
    this.#waiting.delete(id);
  }

  /** A process says what it has heard: its id, then those of signals. */
  note(payload: string): void {
    const [processId = "", ...ids] = payload.split(" ");
    this.#silent.delete(processId);
    for (const id of ids.map(Number)) {
      const waiting = this.#waiting.get(id);
      if (waiting === undefined) {
        this.#noteEarly(id, processId);
      } else if (waiting.missing.delete(processId) && waiting.missing.size === 0) {
        waiting.done();
      }
    }
  }

  #noteEarly(id: number, processId: string): void {
    const early = this.#early.get(id) ?? new Set();
    this.#early.set(id, early.add(processId));
    for (const oldest of this.#early.keys()) {
      if (this.#early.size <= EARLY_MAX) {
        break;
      }
      this.#early.delete(oldest);
    }
  }
}

/** Answers kept for those who do not wait yet; most are for other processes. */
const EARLY_MAX = 1_000;
