import { access, constants, mkdir, stat } from "node:fs/promises";
import path from "node:path";
import { errorCode, StartError } from "./start-error.ts";

/**
 * Makes the data directory, and in it the folders that every process needs, for our eyes only. Throws `StartError` when
 * it cannot be written or the disk is full.
 */
export async function openDataDir(dataDir: string): Promise<void> {
  try {
    await makeFolder(path.dirname(dataDir));
    for (const folder of ["", "secrets", "locks"]) {
      const full = path.join(dataDir, folder);
      await makeFolder(full, 0o700);
      await access(full, constants.R_OK | constants.W_OK | constants.X_OK);
    }
  } catch (error) {
    throw cannotWrite(dataDir, error);
  }
}

/** The sentence for a data directory that refuses, or the error itself when it says something else. */
export function cannotWrite(dataDir: string, error: unknown): unknown {
  const code = errorCode(error);
  if (code === "ENOSPC" || code === "EDQUOT") {
    return diskFull(dataDir, error);
  }
  if (["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST", "ENOENT"].includes(code)) {
    return new StartError(
      `BASALT_DATA_DIR ${dataDir} cannot be written by this user (${code}).`,
      error,
    );
  }
  return error;
}

/** The sentence for a full disk. */
export function diskFull(folder: string, cause?: unknown): StartError {
  return new StartError(
    `The disk that holds ${folder} is full: free some space, or point BASALT_DATA_DIR elsewhere.`,
    cause,
  );
}

/** A folder with those above it. Node's own recursive way never ends where a system lets nobody make folders, as in /proc. */
async function makeFolder(folder: string, mode?: number): Promise<void> {
  const options = mode === undefined ? {} : { mode };
  try {
    await mkdir(folder, options);
  } catch (error) {
    const parent = path.dirname(folder);
    if (errorCode(error) === "ENOENT" && parent !== folder) {
      await makeFolder(parent);
      // Another process may have been quicker.
      await mkdir(folder, options).catch((again: unknown) => requireFolder(folder, again));
      return;
    }
    await requireFolder(folder, error);
  }
}

async function requireFolder(folder: string, error: unknown): Promise<void> {
  if (errorCode(error) !== "EEXIST" || !(await stat(folder)).isDirectory()) {
    throw error;
  }
}
