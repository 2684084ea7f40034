import { writeSync } from "node:fs";

/** Lines on their way out of the program. */
export interface LineOutput {
  /** Takes one line, with its line end; it is written a little later. */
  write(line: string): void;
  /** Writes what is left before it returns, as far as the other side takes it. */
  flush(): void;
}

/** How long a line may wait in memory, milliseconds. */
const WRITE_EVERY_MS = 250;
/** Writes at once when so much has gathered. */
const WRITE_AT_CHARACTERS = 16_384;
/** What may wait while the reader is slow; then lines are dropped, so that a stuck reader costs lines, not memory. */
const WAITING_MAX_BYTES = 8 * 1_024 * 1_024;
/** How long a flush waits for a slow reader: tries, and milliseconds between them. */
const FLUSH_TRIES_MAX = 50;
const FLUSH_WAIT_MS = 10;

/**
 * Gathers lines and writes them to a file descriptor in few, large pieces. Where nobody reads any more or the disk is full,
 * lines are dropped: a program must not hang at its exit, or end, because of its log. (The stream that comes with pino
 * tries for ever in both cases.)
 */
export function lineOutput(descriptor: number): LineOutput {
  let lines = "";
  let waiting = Buffer.alloc(0);

  const send = (): void => {
    if (lines !== "") {
      waiting = Buffer.concat([waiting, Buffer.from(lines)]);
      lines = "";
    }
    waiting = written(descriptor, waiting);
    if (waiting.length > WAITING_MAX_BYTES) {
      waiting = Buffer.alloc(0);
    }
  };
  setInterval(send, WRITE_EVERY_MS).unref();

  return {
    write: (line) => {
      lines += line;
      if (lines.length >= WRITE_AT_CHARACTERS) {
        send();
      }
    },
    flush: () => {
      send();
      for (let tries = 0; waiting.length > 0 && tries < FLUSH_TRIES_MAX; tries += 1) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FLUSH_WAIT_MS);
        send();
      }
    },
  };
}

/** Writes and answers what did not fit; nothing is left where writing is impossible. */
function written(descriptor: number, bytes: Buffer): Buffer<ArrayBuffer> {
  let left = Buffer.from(bytes);
  while (left.length > 0) {
    try {
      left = left.subarray(writeSync(descriptor, left));
    } catch (error) {
      const isFull = error instanceof Error && "code" in error && error.code === "EAGAIN";
      return isFull ? left : Buffer.alloc(0);
    }
  }
  return left;
}
