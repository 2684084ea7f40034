import { type PassThrough, Readable } from "node:stream";
import { ZipFile } from "yazl";

/**
 * The same for every entry, so that equal content gives equal bytes. 1970 is before what DOS times can say, so the
 * archive holds their first day, whatever the zone of the machine.
 */
const ENTRY_TIME = new Date(0);
const ENTRY_MODE = 0o100644;
const BUFFERED_MAX_BYTES = 64 * 1024;

export type Chunks = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

/** An archive that is written as fast as somebody reads it, one entry after the other. */
export class ZipWriter {
  /** The bytes. Destroying it ends the writing: the entry that is being added rejects. */
  readonly output: Readable;
  private readonly zip = new ZipFile();

  constructor() {
    // Declared as any readable stream; it is this one, which can be destroyed.
    this.output = this.zip.outputStream as PassThrough;
    // Whoever reads hears of a failure by their own listener; without any it must not end the process.
    this.output.on("error", () => undefined);
    this.zip.on("error", (error: unknown) => this.fail(error));
  }

  /** Resolves when the entry has been taken in whole. */
  async add(name: string, chunks: Chunks, compress = true): Promise<void> {
    const source = Readable.from(chunks, { objectMode: false, highWaterMark: BUFFERED_MAX_BYTES });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stop = (): void => {
      source.destroy();
      reject(new Error("the reader of the archive has gone"));
    };
    source.once("end", () => resolve());
    source.once("error", reject);
    this.output.once("close", stop);
    try {
      if (this.output.destroyed) {
        stop();
      } else {
        this.zip.addReadStreamLazy(
          name,
          { mtime: ENTRY_TIME, mode: ENTRY_MODE, compress },
          (give) => {
            give(null, source);
          },
        );
      }
      await promise;
    } finally {
      this.output.removeListener("close", stop);
    }
  }

  end(): void {
    this.zip.end();
  }

  fail(error: unknown): void {
    this.output.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}
