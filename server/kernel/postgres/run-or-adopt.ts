import type { ChildProcess } from "node:child_process";
import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import {
  appDatabaseExists,
  appRoleExists,
  createAppDatabase,
  createAppRole,
  grantOwnRoles,
  setAppPassword,
} from "./embedded.sql.ts";
import { diskFull } from "../data-dir.ts";
import { initialiseCluster } from "./initialise.ts";
import { adminUrl, appUrl, type Place } from "./place.ts";
import { isAlive, isPostmaster, readPidFile, spawnPostmaster } from "./postmaster.ts";
import { type Attempt, attempt } from "./ready.ts";
import { serverSettings } from "./server-settings.ts";
import { errorCode, StartError } from "../start-error.ts";

const pollMs = 10;
/** A server that runs but does not listen is starting or stopping; longer than this and it is stuck. */
const silentMaxMs = 30_000;
/** After `kill -9` of the server its orphans hold the shared memory until they notice. */
const orphansMaxMs = 30_000;
const orphansPollMs = 200;
const logMaxBytes = 5 * 1024 * 1024;

/** A server that answers. */
export interface Running {
  /** The application's database. */
  readonly url: string;
  /** As in `18.4`. */
  readonly version: string;
  /** Null for an adopted server, which is nobody's child. */
  readonly child: ChildProcess | null;
}

/**
 * Takes over the server that runs on the place's cluster, or starts one; makes the cluster on the first run. Call it with
 * the launch lock held. Throws `StartError`.
 */
export async function runOrAdopt(place: Place): Promise<Running> {
  return (await adopt(place)) ?? (await start(place, true));
}

/**
 * The same for a server that this process has used already: data that has disappeared since is not made anew, because
 * an empty database would pass for the real one.
 */
export async function runAgainOrAdopt(place: Place): Promise<Running> {
  return (await adopt(place)) ?? (await start(place, false));
}

async function adopt(place: Place): Promise<Running | undefined> {
  const pidFile = await readPidFile(place.clusterDir);
  if (!pidFile) {
    return undefined;
  }
  const { pid, socketDir } = pidFile;
  for (let silentMs = 0; silentMs <= silentMaxMs; silentMs += pollMs) {
    const answer = await signIn(place, socketDir);
    if (answer.outcome === "ready") {
      return { url: appUrl(place, socketDir), version: answer.version, child: null };
    }
    if (answer.outcome === "wait") {
      silentMs = 0;
    } else if (!(await isPostmaster(pid, place.clusterDir))) {
      return undefined;
    }
    await sleep(pollMs);
  }
  throw new StartError(
    `A PostgreSQL server (process ${pid}) holds ${place.clusterDir} but does not answer: end it, then start again.`,
  );
}

async function start(place: Place, mayMake: boolean): Promise<Running> {
  await openCluster(place, mayMake);
  await forget(place);
  await shortenLog(place.logFile);
  for (let waitedMs = 0; ; waitedMs += orphansPollMs) {
    const logStart = await sizeOf(place.logFile);
    const child = await spawnPostmaster({
      native: place.native,
      clusterDir: place.clusterDir,
      account: place.accounts.server,
      settings: serverSettings(place.socketDir),
      logFile: place.logFile,
    });
    const answer = await untilReady(place, child);
    if (answer) {
      return { url: appUrl(place, place.socketDir), version: answer.version, child };
    }
    const said = (await readFile(place.logFile, "utf8")).slice(logStart);
    if (!/pre-existing shared memory block/.test(said) || waitedMs > orphansMaxMs) {
      throw whyNotStarted(place, said);
    }
    await sleep(orphansPollMs);
  }
}

/** Makes the cluster if there is none; refuses one of another major version. */
async function openCluster(place: Place, mayMake: boolean): Promise<void> {
  const { clusterDir, native, accounts, passwords } = place;
  const found = await readFile(path.join(clusterDir, "PG_VERSION"), "utf8").catch(
    (error: unknown) => {
      if (errorCode(error) === "ENOENT") {
        return undefined;
      }
      throw new StartError(
        `${clusterDir} cannot be read by this user (${errorCode(error)}).`,
        error,
      );
    },
  );
  if (found === undefined && !mayMake) {
    throw new StartError(
      `The data in ${clusterDir} has disappeared while it was in use: put it back.`,
    );
  }
  if (found === undefined) {
    await initialiseCluster({
      native,
      folder: clusterDir,
      password: passwords.admin,
      accounts,
      durable: true,
    });
    return;
  }
  const major = Number(found);
  if (major > native.major) {
    throw new StartError(
      `The data in ${clusterDir} was written by PostgreSQL ${major}, newer than the ${native.major} of this Basalt: start a newer Basalt.`,
    );
  }
  if (major < native.major) {
    throw new StartError(
      `The data in ${clusterDir} was written by PostgreSQL ${major} and this Basalt brings ${native.major}: export the bases with the older Basalt and import them here.`,
    );
  }
}

/** Waits for an answer, however long crash recovery takes; undefined when the process ended instead. */
async function untilReady(
  place: Place,
  child: ChildProcess,
): Promise<{ readonly version: string } | undefined> {
  while (child.exitCode === null && child.signalCode === null) {
    const answer = await signIn(place, place.socketDir);
    if (answer.outcome === "ready") {
      return answer;
    }
    await sleep(pollMs);
  }
  return undefined;
}

/** Signs in as the application; makes or mends its role and its database when that is what is missing. */
async function signIn(
  place: Place,
  socketDir: string,
): Promise<Exclude<Attempt, { outcome: "refused" }>> {
  const answer = await attempt(appUrl(place, socketDir));
  if (answer.outcome !== "refused") {
    return answer;
  }
  await provision(place, socketDir);
  const second = await attempt(appUrl(place, socketDir));
  if (second.outcome === "refused") {
    throw refused(place, second.error);
  }
  return second;
}

async function provision(place: Place, socketDir: string): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl(place, socketDir) });
  admin.on("error", () => undefined);
  try {
    await admin.connect();
    const { rowCount: roles } = await admin.query(appRoleExists());
    await admin.query(
      roles ? setAppPassword(place.passwords.app) : createAppRole(place.passwords.app),
    );
    await admin.query(grantOwnRoles());
    const { rowCount: databases } = await admin.query(appDatabaseExists());
    if (!databases) {
      await admin.query(createAppDatabase());
    }
  } catch (error) {
    throw refused(place, error);
  } finally {
    await admin.end().catch(() => undefined);
  }
}

function refused({ dataDir, clusterDir }: Place, error: unknown): StartError {
  if (/No space left on device/.test(String(error))) {
    return diskFull(clusterDir, error);
  }
  const secrets = path.join(dataDir, "secrets");
  return new StartError(
    errorCode(error) === "28P01"
      ? `The passwords in ${secrets} do not open the database in ${clusterDir}: put back the files that belong together.`
      : `The database in ${clusterDir} refuses to be opened (${error instanceof Error ? error.message : String(error)}).`,
    error,
  );
}

/**
 * A process number in `postmaster.pid` may have been given to another program since. PostgreSQL would refuse to start
 * beside it, but takes its parent's number for its own, so ours is written there; its check of the shared memory stays.
 */
async function forget({ clusterDir, socketDir }: Place): Promise<void> {
  const stale = await readPidFile(clusterDir);
  for (const name of await readdir(socketDir)) {
    if (name.startsWith(".s.PGSQL.")) {
      await rm(path.join(socketDir, name), { force: true });
    }
  }
  if (!stale || !isAlive(stale.pid)) {
    return;
  }
  const file = path.join(clusterDir, "postmaster.pid");
  const text = await readFile(file, "utf8");
  await writeFile(file, text.replace(/^\d+/, String(process.pid)));
}

async function shortenLog(file: string): Promise<void> {
  if ((await sizeOf(file)) > logMaxBytes) {
    await rename(file, `${file}.old`);
  }
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

function whyNotStarted({ clusterDir, logFile }: Place, said: string): StartError {
  if (/No space left on device/.test(said)) {
    return diskFull(clusterDir);
  }
  if (/could not map anonymous shared memory|Cannot allocate memory/.test(said)) {
    return new StartError(
      "PostgreSQL could not start because this machine has too little free memory.",
    );
  }
  const reason = said.split("\n").findLast((line) => /FATAL|PANIC|error while loading/.test(line));
  const last = reason?.replace(/^.*?(FATAL|PANIC):\s*/, "").trim();
  return new StartError(
    `PostgreSQL could not start on ${clusterDir} (${last || "it said nothing"}); its log is ${logFile}.`,
  );
}
