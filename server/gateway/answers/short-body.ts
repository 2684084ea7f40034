import { setImmediate as turn } from "node:timers/promises";

/** A body up to this size is taken out of its stream. */
const SHORT_MAX_BYTES = 1_048_576;

/**
 * The whole body, where all of it is there now; else the stream, from its beginning. A text that a route has ready comes
 * out whole and is written in one go with its length; one that is still being made goes on as it comes.
 */
export async function shortBody(
  body: ReadableStream<Uint8Array>,
): Promise<Uint8Array | ReadableStream<Uint8Array>> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for (;;) {
    const reading = reader.read();
    const read = await Promise.race([reading, turn(undefined)]);
    if (read === undefined || (!read.done && sizeBytes + read.value.length > SHORT_MAX_BYTES)) {
      return resumed(chunks, reading, reader);
    }
    if (read.done) {
      const [only] = chunks;
      return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, sizeBytes);
    }
    chunks.push(read.value);
    sizeBytes += read.value.length;
  }
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** What was read, what is being read, and the rest. */
function resumed(
  chunks: readonly Uint8Array[],
  reading: ReturnType<Reader["read"]>,
  reader: Reader,
): ReadableStream<Uint8Array> {
  let next: ReturnType<Reader["read"]> | undefined = reading;
  return new ReadableStream<Uint8Array>({
    start: (controller) => chunks.forEach((chunk) => controller.enqueue(chunk)),
    pull: async (controller) => {
      const read = await (next ?? reader.read());
      next = undefined;
      if (read.done) {
        controller.close();
      } else {
        controller.enqueue(read.value);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
