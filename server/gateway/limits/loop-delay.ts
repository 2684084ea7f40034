/** How often the delay is looked at, milliseconds. */
const LOOK_MS = 10;

/**
 * How late the event loop is, milliseconds: how much later than asked a timer fires. Every request waits for that long before
 * anybody sees it. Falls by half with each look, so that one pause is not forgotten at once and not remembered for long.
 */
export class LoopDelay {
  readonly #timer: NodeJS.Timeout;
  #dueMs = performance.now() + LOOK_MS;
  #delayMs = 0;
  #worstMs = 0;

  constructor() {
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** Now, smoothed. */
  get nowMs(): number {
    return this.#delayMs;
  }

  /** The longest delay since this was asked last. */
  takeWorstMs(): number {
    const worstMs = this.#worstMs;
    this.#worstMs = 0;
    return worstMs;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const nowMs = performance.now();
    const lateMs = Math.max(0, nowMs - this.#dueMs);
    this.#delayMs = Math.max(lateMs, this.#delayMs / 2);
    this.#worstMs = Math.max(this.#worstMs, lateMs);
    this.#dueMs = nowMs + LOOK_MS;
  }
}
