import type { Transform } from "node:stream";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import {
  brotliCompress,
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createGzip,
  createZstdCompress,
  gzip,
  gzipSync,
  zstdCompress,
  zstdCompressSync,
} from "node:zlib";
import { type Encoding, encodingFor } from "./encoding.ts";

/** Bytes below which compressing costs more than it saves. */
export const COMPRESS_MIN_BYTES = 1_024;
/**
 * Up to here bytes are compressed at once, which takes some 100 µs at most; larger ones off the event loop. A turn through the
 * thread pool costs more processor than it saves below.
 */
const AT_ONCE_MAX_BYTES = 65_536;

/*
 * Levels. Measured on a page of 100 records (18,726 bytes): zstd 1 takes 34 µs and leaves 2,849 bytes, zstd 3 66 µs and 2,833; brotli 1
 * 28 µs and 3,318, brotli 4 71 µs and 2,838; gzip 1 31 µs and 3,333, gzip 6 79 µs and 2,964. On 187 KB: zstd 1 238 µs, 26,254 bytes;
 * brotli 1 370 µs, 29,402; gzip 1 350 µs, 32,054. So zstd 1 wins on time and on size, and no higher level pays.
 */
const gzipOptions = { level: 1 };
const brotliOptions = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
const zstdOptions = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

const atOnce: Readonly<Record<Encoding, (bytes: Uint8Array) => Buffer>> = {
  zstd: (bytes) => zstdCompressSync(bytes, zstdOptions),
  br: (bytes) => brotliCompressSync(bytes, brotliOptions),
  gzip: (bytes) => gzipSync(bytes, gzipOptions),
};

const inBackground: Readonly<Record<Encoding, (bytes: Uint8Array) => Promise<Buffer>>> = {
  zstd: (bytes) => promisify(zstdCompress)(bytes, zstdOptions),
  br: (bytes) => promisify(brotliCompress)(bytes, brotliOptions),
  gzip: (bytes) => promisify<Uint8Array, object, Buffer>(gzip)(bytes, gzipOptions),
};

/** What is written to a stream goes out compressed at once, not when a block is full: somebody waits for it. */
const streaming: Readonly<Record<Encoding, () => Transform>> = {
  zstd: () => createZstdCompress({ ...zstdOptions, flush: constants.ZSTD_e_flush }),
  br: () => createBrotliCompress({ ...brotliOptions, flush: constants.BROTLI_OPERATION_FLUSH }),
  gzip: () => createGzip({ ...gzipOptions, flush: constants.Z_SYNC_FLUSH }),
};

/** A body in an encoding. */
export async function compress(body: string | Uint8Array, encoding: Encoding): Promise<Uint8Array> {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  return bytes.length <= AT_ONCE_MAX_BYTES
    ? atOnce[encoding](bytes)
    : inBackground[encoding](bytes);
}

/** A body that is still being made, in an encoding; slows down with its reader, and ends its source with it. */
export function compressStream(
  body: ReadableStream<Uint8Array>,
  encoding: Encoding,
): ReadableStream<Uint8Array> {
  const smaller: Readable = Readable.from(body).compose(streaming[encoding]());
  // Node's stream and the web's are one class with two declarations.
  return Readable.toWeb(smaller) as unknown as ReadableStream<Uint8Array>;
}

/** A whole answer that was made ready for a caller. */
export interface Packed {
  readonly body: string | Uint8Array;
  readonly encoding: Encoding | undefined;
}

/** Compresses a whole body as the caller takes it, where that is worth it. */
export async function packed(
  body: string | Uint8Array,
  acceptEncoding: string | null,
): Promise<Packed> {
  const encoding = body.length < COMPRESS_MIN_BYTES ? undefined : encodingFor(acceptEncoding);
  return encoding === undefined
    ? { body, encoding }
    : { body: await compress(body, encoding), encoding };
}
