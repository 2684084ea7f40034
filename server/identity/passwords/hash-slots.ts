import { availableParallelism } from "node:os";
import { Problem } from "#kernel";

/** Hashes at once on one core. Source: a hash takes 19 MiB and a whole core for its time. */
const HASHES_PER_CORE = 2;
/** Node's pool has four threads, which files and names need as well: one stays free. */
const HASHES_MAX = 3;
/** Callers that wait for a slot; the next one is told to come back. */
const WAITING_MAX = 500;

/** Bounds how many passwords are hashed at once, so that a wave of sign-ins leaves the machine to everybody else. */
export class HashSlots {
  private free = Math.min(HASHES_PER_CORE * availableParallelism(), HASHES_MAX);
  private readonly waiting: (() => void)[] = [];

  /** Problems: `identity.busy`. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.take();
    try {
      return await work();
    } finally {
      this.give();
    }
  }

  private async take(): Promise<void> {
    if (this.free > 0) {
      this.free -= 1;
      return;
    }
    if (this.waiting.length >= WAITING_MAX) {
      throw new Problem("unavailable", "identity.busy", {
        message: "Too many sign-ins at the moment; try again shortly.",
        retryAfterS: 1,
      });
    }
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private give(): void {
    const next = this.waiting.shift();
    if (next === undefined) {
      this.free += 1;
    } else {
      next();
    }
  }
}
