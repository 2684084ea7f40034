import { once } from "node:events";
import type { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import type { Entry, ZipFile } from "yauzl";
import { Problem } from "#kernel";
import { badBaseFile, baseFileTooLarge } from "./problems.ts";

/** How much a base file may be and unpack to. */
export interface BaseFileLimits {
  readonly entriesMax: number;
  /** All entries together, counted as they are unpacked. Bytes. */
  readonly unpackedMaxBytes: number;
  /** Unpacked to packed size of an entry; the first megabytes of each are not looked at. */
  readonly ratioMax: number;
}

/** For files that somebody sends: the size that they are sent with is limited by the route. */
export const sentFileLimits: BaseFileLimits = {
  entriesMax: 100_000,
  unpackedMaxBytes: 4 * 1024 ** 3,
  ratioMax: 100,
};

/** For files that the operator names on the command line: only what would be an accident is refused. */
export const operatorFileLimits: BaseFileLimits = {
  entriesMax: 10_000_000,
  unpackedMaxBytes: 1024 ** 4,
  // What deflate can do at most is about 1,030.
  ratioMax: 1_100,
};

/** Of an entry, before its ratio counts: small texts compress to almost nothing. Bytes. */
const RATIO_FREE_BYTES = 4 * 1024 * 1024;

const STORED = 0;
const DEFLATED = 8;
const FILE_KIND_MASK = 0o170_000;
const REGULAR_FILE = 0o100_000;

/**
 * Opens a base file's archive and looks at the list of its entries. Every byte that is read later is counted and checked
 * against the sum that the list has for it.
 * Problems: `records.bad-base-file`, `records.base-file-too-large`.
 */
export async function openZip(file: string, limits: BaseFileLimits): Promise<ZipReader> {
  const { openPromise } = await import("yauzl");
  const zip = await openPromise(file, { autoClose: false, strictFileNames: true }).catch(
    (error: unknown) => {
      throw isFileError(error)
        ? error
        : badBaseFile(null, "is no ZIP archive, or is cut off", error);
    },
  );
  try {
    return new ZipReader(zip, await entriesOf(zip, limits), limits);
  } catch (error) {
    zip.close();
    throw error;
  }
}

/** The entries of one archive, each to be read as often as needed. */
export class ZipReader {
  private readonly zip: ZipFile;
  private readonly entries: ReadonlyMap<string, Entry>;
  private readonly limits: BaseFileLimits;
  private unpacked = 0;

  constructor(zip: ZipFile, entries: ReadonlyMap<string, Entry>, limits: BaseFileLimits) {
    this.zip = zip;
    this.entries = entries;
    this.limits = limits;
  }

  get names(): Iterable<string> {
    return this.entries.keys();
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }

  /**
   * The bytes of an entry; the sum is checked at the end.
   * Problems: `records.bad-base-file`, `records.base-file-too-large`.
   */
  async *read(name: string): AsyncGenerator<Uint8Array, void, undefined> {
    const entry = this.entries.get(name);
    if (entry === undefined) {
      throw badBaseFile(name, "is missing");
    }
    let sum = 0;
    let size = 0;
    try {
      const stream: Readable = await this.zip.openReadStreamPromise(entry);
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        size += chunk.length;
        this.count(entry, chunk.length, size);
        sum = crc32(chunk, sum);
        yield chunk;
      }
    } catch (error) {
      throw error instanceof Problem
        ? error
        : badBaseFile(name, "cannot be unpacked: it is damaged or cut off", error);
    }
    if (sum !== entry.crc32) {
      throw badBaseFile(
        name,
        "is damaged: its bytes do not give the sum that the archive has for it",
      );
    }
  }

  /**
   * A small entry as text. Problems: those of `read`.
   */
  async text(name: string, sizeMaxBytes: number): Promise<string> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this.read(name)) {
      size += chunk.length;
      if (size > sizeMaxBytes) {
        throw baseFileTooLarge(`has a ${JSON.stringify(name)} of more than ${sizeMaxBytes} bytes`);
      }
      chunks.push(chunk);
    }
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
        Buffer.concat(chunks),
      );
    } catch (error) {
      throw badBaseFile(name, "is not UTF-8 text", error);
    }
  }

  async close(): Promise<void> {
    if (this.zip.isOpen) {
      const closed = once(this.zip, "close");
      this.zip.close();
      await closed;
    }
  }

  private count(entry: Entry, chunkBytes: number, sizeBytes: number): void {
    this.unpacked += chunkBytes;
    if (this.unpacked > this.limits.unpackedMaxBytes) {
      throw baseFileTooLarge(`unpacks to more than ${this.limits.unpackedMaxBytes} bytes`);
    }
    if (sizeBytes > RATIO_FREE_BYTES && sizeBytes > entry.compressedSize * this.limits.ratioMax) {
      throw baseFileTooLarge(
        `has a ${JSON.stringify(entry.fileName)} that unpacks to more than ${this.limits.ratioMax} times its size`,
      );
    }
  }
}

async function entriesOf(
  zip: ZipFile,
  { entriesMax }: BaseFileLimits,
): Promise<ReadonlyMap<string, Entry>> {
  if (zip.entryCount > entriesMax) {
    throw baseFileTooLarge(`has more than ${entriesMax} entries`);
  }
  const entries = new Map<string, Entry>();
  try {
    for await (const entry of zip.eachEntry()) {
      checkEntry(entry);
      if (entries.has(entry.fileName)) {
        throw badBaseFile(entry.fileName, "is there twice");
      }
      entries.set(entry.fileName, entry);
    }
  } catch (error) {
    throw error instanceof Problem
      ? error
      : badBaseFile(null, `has a list of entries that cannot be used: ${reasonOf(error)}`, error);
  }
  return entries;
}

function checkEntry(entry: Entry): void {
  const { fileName, compressionMethod, externalFileAttributes } = entry;
  const kind = (externalFileAttributes >>> 16) & FILE_KIND_MASK;
  if (kind !== 0 && kind !== REGULAR_FILE) {
    throw badBaseFile(fileName, "is not an ordinary file");
  }
  if (entry.isEncrypted()) {
    throw badBaseFile(fileName, "is encrypted");
  }
  if (compressionMethod !== STORED && compressionMethod !== DEFLATED) {
    throw badBaseFile(fileName, "is packed in a way that base files do not use");
  }
}

/** The library's own sentence, short and without bytes of the file that were no text. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 200);
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}
