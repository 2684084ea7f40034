import { pipeline, Readable, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { Problem } from "../problem.ts";

/** What `accept-encoding` says. `deflate` is read too, but not asked for: servers disagree about what it means. */
export const ACCEPT_ENCODING = "gzip, br";

/** Encodings on top of each other. More than two is only ever a trick to multiply. */
const ENCODINGS_MAX = 2;

/** Raw bytes may pass the limit by this much: an encoding adds a few bytes to what it cannot shrink. */
const ENCODING_OVERHEAD_BYTES = 65_536;

/**
 * Pieces that one body may come in. Packets of 1,400 bytes would carry more than the largest attachment in so many; a body
 * of single bytes would keep the program busy long before it is large.
 */
const PIECES_MAX = 200_000;

export interface RawBody {
  readonly stream: Readable;
  /** The header `content-encoding`. */
  readonly encoding: string | undefined;
  readonly sizeMaxBytes: number;
  /** What to throw in place of what the stream threw. */
  readonly explain: (error: unknown) => unknown;
}

/**
 * The decoded bytes as they come, counted both before and after decoding, so that neither a bomb nor an endless stream of
 * nothing passes. Whoever stops reading closes the connection.
 * Problems: `kernel.egress-too-large`, `kernel.egress-failed`, and what `explain` makes.
 */
export async function* decodedBody(body: RawBody): AsyncGenerator<Uint8Array, void, undefined> {
  const decoders = decodersOf(body.encoding);
  const rawMax =
    decoders.length === 0 ? body.sizeMaxBytes : body.sizeMaxBytes + ENCODING_OVERHEAD_BYTES;
  const raw = counted(body.stream, rawMax);
  try {
    yield* decoders.length === 0 ? raw : counted(through(raw, decoders), body.sizeMaxBytes);
  } catch (error) {
    throw body.explain(error);
  } finally {
    body.stream.on("error", () => undefined).destroy();
  }
}

/** All bytes in one. They are copied as they come: kept pieces of a few bytes would weigh far more than what they carry. */
export async function wholeBody(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  let kept = Buffer.alloc(0);
  let size = 0;
  for await (const piece of body) {
    if (size + piece.byteLength > kept.byteLength) {
      const larger = Buffer.allocUnsafe(Math.max(2 * kept.byteLength, size + piece.byteLength));
      kept.copy(larger, 0, 0, size);
      kept = larger;
    }
    kept.set(piece, size);
    size += piece.byteLength;
  }
  return kept.subarray(0, size);
}

/** True where the body can be read. */
export function isKnownEncoding(encoding: string | undefined): boolean {
  const names = encodingNames(encoding);
  return names.length <= ENCODINGS_MAX && names.every((name) => DECODERS.has(name));
}

export function tooLarge(sizeMaxBytes: number): Problem {
  return new Problem("too-large", "kernel.egress-too-large", {
    message: `The answer is larger than ${sizeMaxBytes} bytes.`,
  });
}

const DECODERS: ReadonlyMap<string, () => Transform> = new Map([
  ["gzip", createGunzip],
  ["x-gzip", createGunzip],
  ["deflate", createInflate],
  ["br", createBrotliDecompress],
]);

function encodingNames(encoding: string | undefined): string[] {
  const names = (encoding ?? "").split(",").map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== "" && name !== "identity");
}

/** In the order of decoding: the last encoding was put on last. */
function decodersOf(encoding: string | undefined): Transform[] {
  const made = encodingNames(encoding).map((name) => DECODERS.get(name)?.());
  return made.filter((decoder) => decoder !== undefined).reverse();
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  sizeMaxBytes: number,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  let pieces = 0;
  for await (const chunk of source) {
    size += chunk.byteLength;
    pieces += 1;
    if (size > sizeMaxBytes) {
      throw tooLarge(sizeMaxBytes);
    }
    if (pieces > PIECES_MAX) {
      throw new Error("the body comes in too many pieces");
    }
    yield chunk;
  }
}

/** An error anywhere in the chain ends the last stream with it; leaving the last stream ends the first. */
function through(
  source: AsyncIterable<Uint8Array>,
  decoders: readonly Transform[],
): AsyncIterable<Uint8Array> {
  const chain = [Readable.from(source, { objectMode: false }), ...decoders];
  pipeline(chain, () => undefined);
  return (chain.at(-1) ?? chain[0]) as AsyncIterable<Uint8Array>;
}
