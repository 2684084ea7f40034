import { stat } from "node:fs/promises";
import path from "node:path";

/** A user and group that a process runs as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * PostgreSQL refuses to run as root. A root-run Basalt gives the server this private user, which owns the cluster and
 * nothing else: `nobody` would share the data with every other daemon that runs as `nobody`. The number lies in a range
 * that distributions leave unassigned (systemd's list of user ids); it needs no entry in the passwd file.
 */
const privateAccount: Account = { uid: 60_600, gid: 60_600 };

/** `initdb`, unlike the server, insists on a user that the passwd file knows. */
const nobody: Account =
  process.platform === "darwin"
    ? { uid: 4_294_967_294, gid: 4_294_967_294 }
    : { uid: 65_534, gid: 65_534 };

/** As whom `initdb` and then the server run; null means as ourselves. */
export interface Accounts {
  readonly initdb: Account | null;
  readonly server: Account | null;
}

/** Root hands PostgreSQL to other accounts; everybody else runs it themselves. */
export function accountsOf(uid: number | undefined): Accounts {
  return uid === 0 ? { initdb: nobody, server: privateAccount } : { initdb: null, server: null };
}

/** The first folder on the way to `target` (itself included) that other accounts may not pass through, if there is one. */
export async function closedFolder(target: string): Promise<string | undefined> {
  const parts = path.resolve(target).split(path.sep);
  for (let count = 1; count <= parts.length; count += 1) {
    const folder = parts.slice(0, count).join(path.sep) || path.sep;
    const { mode } = await stat(folder);
    if ((mode & 0o001) === 0) {
      return folder;
    }
  }
  return undefined;
}
