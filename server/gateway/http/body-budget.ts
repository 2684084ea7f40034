import { Problem } from "#kernel";

/** Bytes of bodies that may be in memory at once while they arrive or are read. */
const BODIES_MAX_BYTES = 256 * 1_024 * 1_024;

/** Counts the bytes of all bodies that are being taken in, so that many large ones at once cannot fill the memory. */
export class BodyBudget {
  readonly #maxBytes: number;
  #heldBytes = 0;

  constructor(maxBytes = BODIES_MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Problem: `gateway.too-many-bodies`. */
  hold(bytes: number): void {
    if (this.#heldBytes + bytes > this.#maxBytes) {
      throw new Problem("unavailable", "gateway.too-many-bodies", {
        message: "Too much is being sent to this instance at once.",
        retryAfterS: 1,
      });
    }
    this.#heldBytes += bytes;
  }

  release(bytes: number): void {
    this.#heldBytes -= bytes;
  }
}
