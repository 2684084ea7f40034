/** How often they are looked at: what is due may be found out so much later, milliseconds. */
const LOOK_EVERY_MS = 20;

/** Something that may have waited too long. */
export interface Waiting {
  /** Where it stands in the list; -1 while it is in none. Written by the list alone. */
  place: number;
  /** Looks whether it has. `nowMs` is that of `performance.now`. */
  look(nowMs: number): void;
}

/**
 * Looks at all that wait, with one timer for all of them: a timer for each try would be made and thrown away ten thousand times a
 * second, and hardly ever be due. Without anything that waits there is no timer.
 */
export class Lookouts {
  // A list whose holes are filled from its end, no set: the tables that a set outgrows keep what was in them alive for long.
  readonly #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;

  add(one: Waiting): void {
    one.place = this.#waiting.push(one) - 1;
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  remove(one: Waiting): void {
    const { place } = one;
    if (place < 0) {
      return;
    }
    const last = this.#waiting.pop();
    if (last !== undefined && last !== one) {
      this.#waiting[place] = last;
      last.place = place;
    }
    one.place = -1;
  }

  #look(): void {
    if (this.#waiting.length === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    const nowMs = performance.now();
    // From the end: what is removed meanwhile is filled with what has been looked at.
    for (let at = this.#waiting.length - 1; at >= 0; at -= 1) {
      this.#waiting[at]?.look(nowMs);
    }
  }
}
