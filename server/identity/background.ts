import type { Log } from "#kernel";

/** Work at once; beyond it new work is dropped with a line in the log: mail that nobody waits for. */
const BACKGROUND_MAX = 500;

/** Work that no answer waits for: counted, bounded, and waited for at the end. */
export class Background {
  private readonly running = new Set<Promise<void>>();
  private readonly log: Log;

  constructor(log: Log) {
    this.log = log;
  }

  /** Starts it after the answer; a failure is logged. */
  run(name: string, work: () => Promise<void>): void {
    if (this.running.size >= BACKGROUND_MAX) {
      this.log.warn({ work: name }, "identity: too much in the background, dropped");
      return;
    }
    const done: Promise<void> = nextTurn()
      .then(work)
      .catch((error: unknown) =>
        this.log.error({ err: error, work: name }, "identity: background work failed"),
      )
      .finally(() => this.running.delete(done));
    this.running.add(done);
  }

  /** Resolves when nothing runs. */
  async settled(): Promise<void> {
    while (this.running.size > 0) {
      await Promise.all(this.running);
    }
  }
}

async function nextTurn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
