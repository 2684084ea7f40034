import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rm, stat, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { Problem } from "#kernel";
import { ATTACHMENT_SIZE_MAX_BYTES } from "./attachment.ts";
import { HEAD_SIZE_BYTES } from "./detect-type.ts";
import type { ImageSource } from "./render-images.ts";

/** A stream waits in memory up to this, bytes, beyond it in a file. */
const MEMORY_SIZE_MAX_BYTES = 1024 * 1024;

/** Bytes that have arrived whole: counted, hashed, and to be read again as often as needed. */
export interface Spooled {
  readonly hash: string;
  readonly size: number;
  /** The first bytes. */
  readonly head: Uint8Array;
  readonly source: ImageSource;
  /** All of them, anew with each call. */
  bytes(): Uint8Array | AsyncIterable<Uint8Array>;
  /** Removes the file, if there is one. */
  discard(): Promise<void>;
}

/**
 * Takes in all bytes before anything is kept, since their hash is their name. Problems: `files.too-large`,
 * `kernel.storage-full`, and what the source throws.
 */
export async function spool(
  dataDir: string,
  source: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<Spooled> {
  if (source instanceof Uint8Array) {
    checkSize(source.length);
    return inMemory(createHash("sha256").update(source).digest("hex"), source);
  }
  const draft = new Draft(spoolFolder(dataDir));
  try {
    for await (const piece of source) {
      await draft.add(piece);
    }
    return await draft.finish();
  } catch (error) {
    await draft.discard();
    throw isFull(error)
      ? new Problem("storage-full", "kernel.storage-full", {
          message: "There is no space left to store files.",
          cause: error,
        })
      : error;
  }
}

/** Removes what processes that died have left, when it is older than `before`. Answers how many files. */
export async function removeAbandoned(dataDir: string, before: Date): Promise<number> {
  const folder = spoolFolder(dataDir);
  let removed = 0;
  for (const name of await readdir(folder).catch(() => [])) {
    const file = path.join(folder, name);
    const found = await stat(file).catch(() => undefined);
    if (found !== undefined && found.mtimeMs < before.getTime()) {
      await rm(file, { force: true });
      removed += 1;
    }
  }
  return removed;
}

function spoolFolder(dataDir: string): string {
  return path.join(dataDir, "spool");
}

class Draft {
  private readonly folder: string;
  private readonly hash = createHash("sha256");
  private size = 0;
  /** What is not in the file yet. Pieces are copied in: kept pieces of a few bytes would weigh more than what they carry. */
  private pending = Buffer.alloc(0);
  private pendingSize = 0;
  private head: Uint8Array | undefined;
  private file: { readonly path: string; readonly handle: FileHandle } | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  async add(piece: Uint8Array): Promise<void> {
    this.size += piece.length;
    checkSize(this.size);
    this.hash.update(piece);
    if (this.pendingSize + piece.length > MEMORY_SIZE_MAX_BYTES) {
      await this.flush();
    }
    if (piece.length > MEMORY_SIZE_MAX_BYTES) {
      this.head ??= Buffer.from(piece.subarray(0, HEAD_SIZE_BYTES));
      await (await this.openFile()).writeFile(piece);
      return;
    }
    this.keep(piece);
  }

  async finish(): Promise<Spooled> {
    const file = this.file;
    if (file === undefined) {
      return inMemory(this.hash.digest("hex"), this.pending.subarray(0, this.pendingSize));
    }
    await this.flush();
    await file.handle.close();
    return {
      hash: this.hash.digest("hex"),
      size: this.size,
      head: this.head ?? new Uint8Array(),
      source: { path: file.path },
      bytes: () => createReadStream(file.path) as AsyncIterable<Uint8Array>,
      discard: () => rm(file.path, { force: true }),
    };
  }

  /** For a draft that does not get finished. */
  async discard(): Promise<void> {
    await this.file?.handle.close();
    if (this.file !== undefined) {
      await rm(this.file.path, { force: true });
    }
  }

  private keep(piece: Uint8Array): void {
    const size = this.pendingSize + piece.length;
    if (size > this.pending.length) {
      const larger = Buffer.allocUnsafe(
        Math.min(Math.max(size, 2 * this.pending.length), MEMORY_SIZE_MAX_BYTES),
      );
      this.pending.copy(larger, 0, 0, this.pendingSize);
      this.pending = larger;
    }
    this.pending.set(piece, this.pendingSize);
    this.pendingSize = size;
  }

  private async flush(): Promise<void> {
    const waiting = this.pending.subarray(0, this.pendingSize);
    this.pendingSize = 0;
    if (waiting.length > 0) {
      this.head ??= Buffer.from(waiting.subarray(0, HEAD_SIZE_BYTES));
      await (await this.openFile()).writeFile(waiting);
    }
  }

  private async openFile(): Promise<FileHandle> {
    if (this.file === undefined) {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      const file = path.join(this.folder, randomUUID());
      this.file = { path: file, handle: await open(file, "wx", 0o600) };
    }
    return this.file.handle;
  }
}

function inMemory(hash: string, bytes: Uint8Array): Spooled {
  return {
    hash,
    size: bytes.length,
    head: bytes.subarray(0, HEAD_SIZE_BYTES),
    source: { bytes },
    bytes: () => bytes,
    discard: async () => undefined,
  };
}

function checkSize(size: number): void {
  if (size > ATTACHMENT_SIZE_MAX_BYTES) {
    throw new Problem("too-large", "files.too-large", {
      message: `The file is larger than ${ATTACHMENT_SIZE_MAX_BYTES} bytes.`,
    });
  }
}

function isFull(error: unknown): boolean {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code === "ENOSPC" || code === "EDQUOT";
}
