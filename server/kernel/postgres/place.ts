import { createHash } from "node:crypto";
import { chmod, constants, mkdir, open, stat } from "node:fs/promises";
import path from "node:path";
import { cannotWrite } from "../data-dir.ts";
import { secretFile } from "../secret-file.ts";
import { type Accounts, accountsOf, closedFolder } from "./account.ts";
import { findNative, type Native, usableNative } from "./native.ts";
import { connectUrl } from "./ready.ts";
import { errorCode, StartError } from "../start-error.ts";

/** A socket's path may have 103 bytes (macOS) and PostgreSQL adds `/.s.PGSQL.5432`. */
const socketDirMaxBytes = 85;

/** Where the embedded server lives in the data directory, and what is needed to run it. */
export interface Place {
  readonly dataDir: string;
  readonly clusterDir: string;
  readonly socketDir: string;
  readonly logFile: string;
  readonly native: Native;
  readonly accounts: Accounts;
  readonly passwords: Passwords;
}

export interface Passwords {
  /** Of `postgres`, the superuser that only the launcher uses. */
  readonly admin: string;
  /** Of `basalt`, the role of the application. */
  readonly app: string;
}

/** Everything about the place but a running server. Call it with the launch lock held. */
export async function openPlace(
  dataDir: string,
  uid: number | undefined = process.getuid?.(),
): Promise<Place> {
  const accounts = accountsOf(uid);
  const socketDir = socketDirOf(dataDir);
  const found = await findNative();
  try {
    if (accounts.server) {
      await admitOthers(dataDir);
    }
    await openSocketDir(socketDir, accounts);
    const native = await usableNative(found, {
      forOthers: accounts.server !== null,
      copyFolder: path.join(dataDir, "native"),
    });
    const passwords = {
      admin: await secretFile(dataDir, "postgres-admin-password"),
      app: await secretFile(dataDir, "postgres-password"),
    };
    const clusterDir = path.join(dataDir, "postgres");
    return {
      dataDir,
      clusterDir,
      socketDir,
      logFile: path.join(dataDir, "postgres.log"),
      native,
      accounts,
      passwords,
    };
  } catch (error) {
    throw error instanceof StartError ? error : cannotWrite(dataDir, error);
  }
}

/** URL of the application's database. */
export function appUrl({ passwords }: Place, socketDir: string): string {
  return connectUrl({ socketDir, user: "basalt", password: passwords.app, database: "basalt" });
}

/** URL of the superuser, on a database that always exists. */
export function adminUrl({ passwords }: Place, socketDir: string): string {
  return connectUrl({
    socketDir,
    user: "postgres",
    password: passwords.admin,
    database: "postgres",
  });
}

function socketDirOf(dataDir: string): string {
  const natural = path.join(dataDir, "run");
  if (Buffer.byteLength(natural) <= socketDirMaxBytes) {
    return natural;
  }
  const hash = createHash("sha256").update(dataDir).digest("hex").slice(0, 16);
  return `/tmp/basalt-${hash}`;
}

/**
 * In /tmp anybody could have made the folder, or a link in its place, before us. So it is opened without following links,
 * judged, and changed through the open handle.
 */
async function openSocketDir(socketDir: string, { server }: Accounts): Promise<void> {
  await mkdir(socketDir, { recursive: true, mode: 0o700 });
  const foreign = `${socketDir} belongs to another user: remove it, or choose a shorter BASALT_DATA_DIR.`;
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  const folder = await open(socketDir, flags).catch((error: unknown) => {
    throw ["ENOTDIR", "ELOOP", "EACCES"].includes(errorCode(error))
      ? new StartError(foreign, error)
      : error;
  });
  try {
    const { uid } = await folder.stat();
    if (uid !== process.getuid?.() && uid !== server?.uid) {
      throw new StartError(foreign);
    }
    if (server) {
      await folder.chown(server.uid, server.gid);
    }
    await folder.chmod(0o700);
  } finally {
    await folder.close();
  }
}

/** Lets the server's account pass through the data directory (not list it). */
async function admitOthers(dataDir: string): Promise<void> {
  const { mode } = await stat(dataDir);
  if ((mode & 0o001) === 0) {
    await chmod(dataDir, (mode & 0o777) | 0o011);
  }
  const closed = await closedFolder(dataDir);
  if (closed !== undefined) {
    throw new StartError(
      `BASALT_DATA_DIR ${dataDir} lies inside ${closed}, which other users may not enter, and PostgreSQL refuses to run as root: choose another folder, or run Basalt as an ordinary user.`,
    );
  }
}
