import { chmod, chown, lstat, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { accountsOf } from "../postgres/account.ts";
import { createAppRole, grantOwnRoles } from "../postgres/embedded.sql.ts";
import { initialiseCluster } from "../postgres/initialise.ts";
import { findNative, usableNative } from "../postgres/native.ts";
import {
  isAlive,
  isPostmaster,
  readPidFile,
  spawnPostmaster,
  stopPostmaster,
} from "../postgres/postmaster.ts";
import { attempt, connectUrl } from "../postgres/ready.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Signs in as a role that may make databases; its database is never written. */
    readonly testServerUrl: string;
  }
}

const password = "test";
const prefix = "basalt-test-";

/**
 * Vitest's global set-up: one throw-away PostgreSQL for the run, or the one that `BASALT_TEST_DATABASE_URL` or
 * `DATABASE_URL` names (its role must be allowed to make databases).
 */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env["BASALT_TEST_DATABASE_URL"] || process.env["DATABASE_URL"];
  if (given) {
    project.provide("testServerUrl", given);
    return undefined;
  }
  await removeOrphans();
  const { url, stop } = await startThrowAway();
  project.provide("testServerUrl", url);
  return stop;
}

interface ThrowAway {
  readonly url: string;
  stop(): Promise<void>;
}

async function startThrowAway(): Promise<ThrowAway> {
  const home = await mkdtemp(path.join(tmpdir(), `${prefix}${process.pid}-`));
  await chmod(home, 0o711);
  const accounts = accountsOf(process.getuid?.());
  const native = await usableNative(await findNative(), {
    forOthers: accounts.server !== null,
    copyFolder: path.join(home, "native"),
  });
  const clusterDir = path.join(home, "cluster");
  const socketDir = path.join(home, "run");
  await mkdir(socketDir, { mode: 0o700 });
  if (accounts.server) {
    await chown(socketDir, accounts.server.uid, accounts.server.gid);
  }
  await initialiseCluster({ native, folder: clusterDir, password, accounts, durable: false });
  const server = await spawnPostmaster({
    native,
    clusterDir,
    account: accounts.server,
    logFile: path.join(home, "postgres.log"),
    settings: {
      listen_addresses: "",
      unix_socket_directories: socketDir,
      fsync: "off",
      full_page_writes: "off",
      synchronous_commit: "off",
      max_connections: "200",
      max_locks_per_transaction: "256",
      shared_buffers: "128MB",
      max_wal_size: "2GB",
      jit: "off",
      timezone: "UTC",
    },
  });
  const admin = connectUrl({ socketDir, user: "postgres", password, database: "postgres" });
  while ((await attempt(admin)).outcome !== "ready") {
    if (server.exitCode !== null || server.signalCode !== null) {
      throw new Error(`the throw-away PostgreSQL ended; its log is in ${home}`);
    }
    await sleep(10);
  }
  const client = new pg.Client({ connectionString: admin });
  await client.connect();
  await client.query(createAppRole(password));
  await client.query(grantOwnRoles());
  await client.end();
  return {
    url: connectUrl({ socketDir, user: "basalt", password, database: "postgres" }),
    stop: async () => {
      if (server.pid !== undefined) {
        await stopPostmaster(server.pid);
      }
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Servers of runs that were killed: their folder carries the number of a process that is gone. */
async function removeOrphans(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = Number(name.match(/^basalt-test-(\d+)-/)?.[1]);
    const home = path.join(tmpdir(), name);
    if (!owner || isAlive(owner) || (await lstat(home)).uid !== process.getuid?.()) {
      continue;
    }
    const clusterDir = path.join(home, "cluster");
    const running = await readPidFile(clusterDir);
    if (running && (await isPostmaster(running.pid, clusterDir))) {
      await stopPostmaster(running.pid);
    }
    await rm(home, { recursive: true, force: true });
  }
}
