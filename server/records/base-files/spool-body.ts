import { randomUUID } from "node:crypto";
import { mkdir, open, rm } from "node:fs/promises";
import path from "node:path";
import { BASE_FILE_MAX_BYTES } from "@basalt/contract";
import { errorCode, Problem, type Scope } from "#kernel";
import { baseFileTooLarge } from "./problems.ts";

/**
 * Writes the body of a request to a file of its own for as long as `work` runs: an archive is read from its end.
 * Problems: `records.base-file-too-large`, `kernel.storage-full`, and what `work` throws.
 */
export async function withSpooledBody<T>(
  scope: Scope,
  request: Request,
  work: (file: string) => Promise<T>,
): Promise<T> {
  if (Number(request.headers.get("content-length") ?? 0) > BASE_FILE_MAX_BYTES) {
    throw tooLarge();
  }
  // What a process that died has left there is removed with other spooled files.
  const folder = path.join(scope.config.dataDir, "spool");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, randomUUID());
  try {
    await save(request.body ?? [], file);
    return await work(file);
  } finally {
    await rm(file, { force: true });
  }
}

async function save(
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  file: string,
): Promise<void> {
  const handle = await open(file, "wx", 0o600);
  try {
    let size = 0;
    for await (const chunk of bytes) {
      size += chunk.length;
      if (size > BASE_FILE_MAX_BYTES) {
        throw tooLarge();
      }
      await handle.writeFile(chunk);
    }
  } catch (error) {
    throw ["ENOSPC", "EDQUOT"].includes(errorCode(error)) ? storageFull(error) : error;
  } finally {
    await handle.close();
  }
}

function tooLarge(): Problem {
  return baseFileTooLarge(
    `has more than ${BASE_FILE_MAX_BYTES} bytes; import it with \`basalt base import\``,
  );
}

function storageFull(cause: unknown): Problem {
  return new Problem("storage-full", "kernel.storage-full", {
    message: "There is no space left to store files.",
    cause,
  });
}
