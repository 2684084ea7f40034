import type { IncomingMessage } from "node:http";

/** A body that comes slower than this, for so long, is a way to hold connections: bytes a second, milliseconds. */
const PACE_MIN_BYTES_S = 500;
const SLOW_MAX_MS = 20_000;
const LOOK_EVERY_MS = 1_000;

export interface PaceOptions {
  readonly slowMaxMs?: number;
  readonly lookEveryMs?: number;
}

interface Watched {
  readonly message: IncomingMessage;
  readonly tooSlow: () => void;
  readBytes: number;
  slowMs: number;
}

/** Watches bodies that arrive, and calls out those that do so too slowly. Time in which we do not read does not count. */
export class BodyPace {
  readonly #slowMaxMs: number;
  readonly #lookEveryMs: number;
  readonly #watched = new Set<Watched>();
  #timer: NodeJS.Timeout | undefined;

  constructor({ slowMaxMs = SLOW_MAX_MS, lookEveryMs = LOOK_EVERY_MS }: PaceOptions = {}) {
    this.#slowMaxMs = slowMaxMs;
    this.#lookEveryMs = lookEveryMs;
  }

  /** Watches a message until its body is whole; `tooSlow` is called at most once. */
  watch(message: IncomingMessage, tooSlow: () => void): void {
    const { bytesRead } = message.socket;
    const one: Watched = { message, tooSlow, readBytes: bytesRead, slowMs: 0 };
    this.#watched.add(one);
    message.once("close", () => this.#watched.delete(one));
    message.once("end", () => this.#watched.delete(one));
    this.#timer ??= setInterval(() => this.#look(), this.#lookEveryMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    for (const one of this.#watched) {
      const { message } = one;
      const { bytesRead } = message.socket;
      const came = bytesRead - one.readBytes;
      one.readBytes = bytesRead;
      const isOurs = message.isPaused() || message.readableLength >= message.readableHighWaterMark;
      const isSlow = came < (PACE_MIN_BYTES_S * this.#lookEveryMs) / 1_000;
      one.slowMs = isSlow && !isOurs ? one.slowMs + this.#lookEveryMs : 0;
      if (message.complete || message.destroyed) {
        this.#watched.delete(one);
      } else if (one.slowMs >= this.#slowMaxMs) {
        this.#watched.delete(one);
        one.tooSlow();
      }
    }
    if (this.#watched.size === 0) {
      this.close();
    }
  }
}
