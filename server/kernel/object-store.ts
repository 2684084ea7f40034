/**
 * Where bytes of files live: local disk by default. Keys are made by the program from a content hash (`ab/cd/abcd…`), never
 * by a caller.
 */
export interface ObjectStore {
  /**
   * Stores the bytes under the key, all or nothing, and answers when they would survive a crash. Storing the same key again
   * is a no-op, because a key says what its bytes are. Problems: `kernel.storage-full`.
   */
  put(key: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  /** The bytes as a stream, or undefined. `end` is the last byte wanted, as in HTTP ranges; ends past the file are cut. */
  get(
    key: string,
    range?: { readonly start: number; readonly end: number },
  ): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Size in bytes, or undefined. */
  size(key: string): Promise<number | undefined>;
  /** Deleting what is not there is a no-op. */
  delete(key: string): Promise<void>;
}
