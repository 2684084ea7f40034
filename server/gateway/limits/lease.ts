import type { Problem } from "#kernel";
import type { Slots } from "./slots.ts";
import type { SlotHolder } from "./waiting-room.ts";

/**
 * A call's hold on a slot. It lets go while it waits for what only its own caller can bring (the body), so that slow
 * callers cost no slots. Used by one call, one step after another.
 */
export class Lease {
  readonly #slots: Slots;
  readonly #call: SlotHolder;
  #sinceMs: number | undefined;

  constructor(slots: Slots, call: SlotHolder) {
    this.#slots = slots;
    this.#call = call;
  }

  /** Gets the slot. Problems (answered): those of `Slots`. */
  take(): Problem | undefined | Promise<Problem | undefined> {
    const entering = this.#slots.enter(this.#call);
    if (!(entering instanceof Promise)) {
      this.#taken(entering);
      return entering;
    }
    return entering.then((refusal) => {
      this.#taken(refusal);
      return refusal;
    });
  }

  /** Lets go of the slot, where it is held. */
  release(): void {
    if (this.#sinceMs !== undefined) {
      this.#slots.leave(this.#call, this.#sinceMs);
      this.#sinceMs = undefined;
    }
  }

  /** Does something without the slot, and gets it again. Problems (thrown): those of `Slots`. */
  async without<T>(work: () => Promise<T>): Promise<T> {
    if (this.#sinceMs === undefined) {
      return work();
    }
    this.release();
    const done = await work();
    const refusal = await this.take();
    if (refusal !== undefined) {
      throw refusal;
    }
    return done;
  }

  #taken(refusal: Problem | undefined): void {
    this.#sinceMs = refusal === undefined ? performance.now() : undefined;
  }
}
