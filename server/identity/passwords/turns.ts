import { Problem } from "#kernel";

/** Callers that wait for their turn on one key; the next one is told to come back. */
const WAITING_MAX = 200;

/**
 * One piece of work at a time for one key. Parallel guesses at one account are counted one after the other, so that no
 * more of them are checked than the limit says.
 */
export class Turns {
  private readonly last = new Map<string, { readonly done: Promise<unknown>; waiting: number }>();

  /** Problems: `identity.busy`. */
  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(key);
    const waiting = (before?.waiting ?? 0) + 1;
    if (waiting > WAITING_MAX) {
      throw new Problem("unavailable", "identity.busy", {
        message: "Too many sign-ins at the moment; try again shortly.",
        retryAfterS: 1,
      });
    }
    const turn = (before?.done ?? Promise.resolve()).then(work);
    const mine = { done: turn.catch(() => undefined), waiting };
    this.last.set(key, mine);
    try {
      return await turn;
    } finally {
      const current = this.last.get(key);
      if (current === mine) {
        this.last.delete(key);
      } else if (current !== undefined) {
        current.waiting -= 1;
      }
    }
  }
}
