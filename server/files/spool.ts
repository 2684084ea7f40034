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
  const draft = new Draft(spoolFolder(dataDir), !(source instanceof Uint8Array));
  try {
    for await (const chunk of source instanceof Uint8Array ? [source] : source) {
      await draft.add(chunk);
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
  private readonly toFile: boolean;
  private readonly hash = createHash("sha256");
  private size = 0;
  private chunks: Uint8Array[] = [];
  private file: { readonly path: string; readonly handle: FileHandle } | undefined;
  private head: Uint8Array = new Uint8Array();

  /** Bytes that are in memory already gain nothing from a file. */
  constructor(folder: string, toFile: boolean) {
    this.folder = folder;
    this.toFile = toFile;
  }

  async add(chunk: Uint8Array): Promise<void> {
    this.size += chunk.length;
    if (this.size > ATTACHMENT_SIZE_MAX_BYTES) {
      throw new Problem("too-large", "files.too-large", {
        message: `The file is larger than ${ATTACHMENT_SIZE_MAX_BYTES} bytes.`,
      });
    }
    this.hash.update(chunk);
    if (this.head.length < HEAD_SIZE_BYTES) {
      this.head = Buffer.concat([this.head, chunk.subarray(0, HEAD_SIZE_BYTES - this.head.length)]);
    }
    this.chunks.push(chunk);
    if (this.file !== undefined || (this.toFile && this.size > MEMORY_SIZE_MAX_BYTES)) {
      await this.flush();
    }
  }

  async finish(): Promise<Spooled> {
    await this.file?.handle.close();
    const all = this.file === undefined ? whole(this.chunks) : undefined;
    const filePath = this.file?.path ?? "";
    return {
      hash: this.hash.digest("hex"),
      size: this.size,
      head: this.head,
      source: all === undefined ? { path: filePath } : { bytes: all },
      bytes: () => all ?? (createReadStream(filePath) as AsyncIterable<Uint8Array>),
      discard: () => this.discard(),
    };
  }

  async discard(): Promise<void> {
    this.chunks = [];
    if (this.file !== undefined) {
      await this.file.handle.close();
      await rm(this.file.path, { force: true });
    }
  }

  private async flush(): Promise<void> {
    this.file ??= await this.openFile();
    const chunks = this.chunks;
    this.chunks = [];
    for (const chunk of chunks) {
      await this.file.handle.writeFile(chunk);
    }
  }

  private async openFile(): Promise<{ readonly path: string; readonly handle: FileHandle }> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const file = path.join(this.folder, randomUUID());
    return { path: file, handle: await open(file, "wx", 0o600) };
  }
}

function whole(chunks: readonly Uint8Array[]): Uint8Array {
  const [first, ...rest] = chunks;
  return first !== undefined && rest.length === 0 ? first : Buffer.concat(chunks);
}

function isFull(error: unknown): boolean {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code === "ENOSPC" || code === "EDQUOT";
}
