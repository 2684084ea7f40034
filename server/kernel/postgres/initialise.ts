import { chown, lchown, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Account, Accounts } from "./account.ts";
import type { Native } from "./native.ts";
import { spawnAs } from "./spawn-as.ts";

const outputMaxLength = 20_000;
import { diskFull } from "../data-dir.ts";
import { errorCode, StartError } from "../start-error.ts";

/** A cluster to make. */
export interface NewCluster {
  readonly native: Native;
  /** Must not exist; its parent must. */
  readonly folder: string;
  /** Of the superuser `postgres`. */
  readonly password: string;
  readonly accounts: Accounts;
  /** False for throw-away clusters: nothing is forced to disk. */
  readonly durable: boolean;
}

/**
 * Makes a database cluster (UTF-8, locale C with ICU sorting, scram passwords) beside `folder` and moves it there when it
 * is complete, so that an interrupted first run leaves nothing that looks like data. Throws `StartError`.
 */
export async function initialiseCluster(cluster: NewCluster): Promise<void> {
  const { folder, accounts, password } = cluster;
  const half = `${folder}.half`;
  const passwordFile = `${folder}.password`;
  try {
    await rm(half, { recursive: true, force: true });
    await mkdir(half, { mode: 0o700 });
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (accounts.initdb) {
      await chown(half, accounts.initdb.uid, accounts.initdb.gid);
      await chown(passwordFile, accounts.initdb.uid, accounts.initdb.gid);
    }
    await runInitdb(cluster, half, passwordFile);
    if (accounts.server) {
      await giveTo(half, accounts.server);
    }
    await rename(half, folder);
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    throw errorCode(error) === "ENOSPC" ? diskFull(folder, error) : error;
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function runInitdb(
  { native, accounts, durable, folder }: NewCluster,
  half: string,
  passwordFile: string,
): Promise<void> {
  const options = [
    [
      "-D",
      half,
      "-U",
      "postgres",
      "--pwfile",
      passwordFile,
      "--auth",
      "scram-sha-256",
      "--encoding",
      "UTF8",
    ],
    ["--locale", "C", "--locale-provider", "icu", "--icu-locale", "und", "--no-instructions"],
    durable ? [] : ["--no-sync"],
  ].flat();
  const { code, output } = await finished(
    path.join(native.folder, "bin", "initdb"),
    options,
    accounts.initdb,
  );
  if (code === 0) {
    return;
  }
  if (/No space left on device/.test(output)) {
    throw diskFull(folder);
  }
  const said =
    output.split("\n").findLast((line) => line.startsWith("initdb:")) ??
    output.trim().split("\n").at(-1) ??
    "";
  throw new StartError(
    `PostgreSQL could not make its data in ${folder} (${said.trim() || `initdb ended with ${code}`}).`,
  );
}

interface Finished {
  readonly code: number | null;
  readonly output: string;
}

async function finished(
  program: string,
  argv: readonly string[],
  account: Account | null,
): Promise<Finished> {
  const child = await spawnAs({
    program,
    argv,
    account,
    options: { stdio: ["ignore", "pipe", "pipe"] },
  });
  let output = "";
  const gather = (chunk: Buffer): void => {
    output = (output + chunk.toString("utf8")).slice(-outputMaxLength);
  };
  child.stdout?.on("data", gather);
  child.stderr?.on("data", gather);
  return new Promise((resolve) => {
    child.on("close", (code) => resolve({ code, output }));
  });
}

async function giveTo(folder: string, account: Account): Promise<void> {
  await lchown(folder, account.uid, account.gid);
  for (const entry of await readdir(folder, { recursive: true })) {
    await lchown(path.join(folder, entry), account.uid, account.gid);
  }
}
