import { Readable } from "node:stream";

/**
 * The body of a request on its way to an upstream. Small bodies that may be sent twice are kept; the others stream, and can be
 * sent again only while nobody has read from them.
 */
export interface RequestBody {
  /** For one try; null where there is none. */
  take(): Readable | Buffer | null;
  /** True where `take` may be called (again). */
  readonly isFresh: boolean;
  readonly isStream: boolean;
}

/** A request without a body. */
export const noBody: RequestBody = { take: () => null, isFresh: true, isStream: false };

/** A body that is all there. */
export function wholeBody(bytes: Buffer): RequestBody {
  return { take: () => bytes, isFresh: true, isStream: false };
}

/** The bytes of a body that is all there, null where there is none, undefined where it streams. */
export function keptBytes(body: RequestBody): Buffer | null | undefined {
  const bytes = body.isStream ? undefined : body.take();
  return bytes === null || Buffer.isBuffer(bytes) ? bytes : undefined;
}

/** A body that is sent as it arrives; nothing is read from `source` before somebody reads from what `take` gives. */
export function streamedBody(source: Readable): RequestBody {
  let isTouched = false;
  return {
    get isFresh() {
      return !isTouched;
    },
    isStream: true,
    take: () =>
      new Relay(source, () => {
        isTouched = true;
      }),
  };
}

/** Hands on what arrives, with back-pressure both ways, and leaves its source alone when it is thrown away unread. */
class Relay extends Readable {
  private readonly source: Readable;
  private readonly touched: () => void;
  private isReading = false;
  private readonly relay = (chunk: Buffer): void => {
    if (!this.push(chunk)) {
      this.source.pause();
    }
  };
  private readonly finish = (): void => {
    this.push(null);
  };
  private readonly fail = (): void => {
    this.destroy(new Error("the caller went away in the middle of the body"));
  };
  private readonly lost = (): void => {
    if (!this.source.readableEnded) {
      this.fail();
    }
  };

  constructor(source: Readable, touched: () => void) {
    super({ highWaterMark: 65_536 });
    this.source = source;
    this.touched = touched;
  }

  override _read(): void {
    if (!this.isReading) {
      this.isReading = true;
      this.touched();
      this.source.on("data", this.relay);
      this.source.once("end", this.finish);
      this.source.once("error", this.fail);
      this.source.once("close", this.lost);
    }
    this.source.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.isReading) {
      this.source.off("data", this.relay);
      this.source.off("end", this.finish);
      this.source.off("error", this.fail);
      this.source.off("close", this.lost);
      this.source.pause();
    }
    done(error);
  }
}
