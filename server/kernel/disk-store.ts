import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, constants, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import type { ObjectStore } from "./object-store.ts";
import { Problem } from "./problem.ts";

/** A half-written file of a process that died is removed when it is so old, milliseconds. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1_000;

/** Folders are for the program alone: files carry what people attached. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

const KEY = /^[0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]{64}$/;

/**
 * Opens the object store in a directory, which is made if it is missing. Files are written beside their place and renamed
 * into it, so that a name always stands for a whole file; several processes may use one directory.
 * Throws the file system's error when the directory cannot be made or written.
 */
export async function openDiskStore(directory: string): Promise<ObjectStore> {
  const root = path.resolve(directory);
  const unfinished = path.join(root, "unfinished");
  await mkdir(unfinished, { recursive: true, mode: FOLDER_MODE });
  await access(unfinished, constants.W_OK);
  await removeAbandoned(unfinished);
  const place = (key: string): string => {
    if (!KEY.test(key)) {
      throw new Error("an object's key is made from its hash");
    }
    return path.join(root, key);
  };
  return {
    put: async (key, bytes) => {
      const target = place(key);
      if ((await sizeOf(target)) === undefined) {
        await write({ root, target, draft: path.join(unfinished, randomUUID()) }, bytes);
      }
    },
    get: async (key, range) => {
      const target = place(key);
      return (await sizeOf(target)) === undefined ? undefined : read(target, range);
    },
    size: async (key) => sizeOf(place(key)),
    delete: async (key) => rm(place(key), { force: true }),
  };
}

interface Places {
  readonly root: string;
  readonly target: string;
  readonly draft: string;
}

async function write(
  { root, target, draft }: Places,
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  const folder = path.dirname(target);
  try {
    const file = await open(draft, "wx", FILE_MODE);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    await rename(draft, target);
    // A rename, and a folder that it needed, survive a crash only once the folders above are written too.
    for (const changed of [folder, path.dirname(folder), root]) {
      await syncFolder(changed);
    }
  } catch (error) {
    await rm(draft, { force: true });
    throw isFull(error) ? storageFull(error) : error;
  }
}

/** Opens the file when the first byte is asked for, so that a stream that nobody reads holds nothing. */
async function* read(
  target: string,
  range: { readonly start: number; readonly end: number } | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* createReadStream(target, range ?? {}) as AsyncIterable<Uint8Array>;
}

async function sizeOf(target: string): Promise<number | undefined> {
  try {
    return (await stat(target)).size;
  } catch (error) {
    if (codeOf(error) === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeAbandoned(unfinished: string): Promise<void> {
  const before = Date.now() - ABANDONED_AFTER_MS;
  for (const name of await readdir(unfinished)) {
    const draft = path.join(unfinished, name);
    // Another process may finish it, or remove it, at this moment.
    const found = await stat(draft).catch(() => undefined);
    if (found !== undefined && found.mtimeMs < before) {
      await rm(draft, { force: true });
    }
  }
}

function isFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT"].includes(codeOf(error) ?? "");
}

function storageFull(cause: unknown): Problem {
  return new Problem("storage-full", "kernel.storage-full", {
    message: "There is no space left to store files.",
    cause,
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
