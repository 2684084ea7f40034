/**
 * Where bytes of files live: local disk by default. Keys are made by the program (a content hash), never by a caller.
 */
export interface ObjectStore {
  /** Stores the bytes under the key; storing the same key again is a no-op. Problems: `kernel.storage-full`. */
  put(key: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  /** The bytes as a stream, or undefined. */
  get(key: string, range?: { readonly start: number; readonly end: number }): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Size in bytes, or undefined. */
  size(key: string): Promise<number | undefined>;
  delete(key: string): Promise<void>;
}
