import { type ChildProcess, execFile } from "node:child_process";
import { open, readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { Account } from "./account.ts";
import type { Native } from "./native.ts";
import { spawnAs } from "./spawn-as.ts";
import { errorCode } from "../start-error.ts";

/** After SIGINT (fast shutdown) and then after SIGQUIT (immediate; the next start recovers), milliseconds. */
const fastStopMs = 10_000;
const immediateStopMs = 5_000;

/** How to run a server on an initialised cluster. */
export interface PostmasterOptions {
  readonly native: Native;
  readonly clusterDir: string;
  readonly account: Account | null;
  /** Server settings, each given as `-c name=value`. */
  readonly settings: Readonly<Record<string, string>>;
  /** Appended to. */
  readonly logFile: string;
}

/** What `postmaster.pid` says. */
export interface PidFile {
  readonly pid: number;
  readonly port: number;
  readonly socketDir: string;
}

/** Starts `postgres` in a process group of its own, so that Ctrl-C reaches Basalt first. Not ready yet when it answers. */
export async function spawnPostmaster(options: PostmasterOptions): Promise<ChildProcess> {
  const { native, clusterDir, account, settings, logFile } = options;
  const log = await open(logFile, "a", 0o600);
  try {
    const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const child = await spawnAs({
      program: path.join(native.folder, "bin", "postgres"),
      argv: ["-D", clusterDir, ...flags],
      account,
      options: { detached: true, stdio: ["ignore", log.fd, log.fd] },
    });
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

/** Reads `postmaster.pid`; undefined when there is none or it is not complete yet. */
export async function readPidFile(clusterDir: string): Promise<PidFile | undefined> {
  const text = await readFile(path.join(clusterDir, "postmaster.pid"), "utf8").catch(() => "");
  const [pid, , , port, socketDir] = text.split("\n");
  if (!Number(pid) || !Number(port) || !socketDir) {
    return undefined;
  }
  return { pid: Number(pid), port: Number(port), socketDir };
}

/** Whether that process is a PostgreSQL server on this cluster, and not another program that was given the same number. */
export async function isPostmaster(pid: number, clusterDir: string): Promise<boolean> {
  if (!isAlive(pid)) {
    return false;
  }
  return (await commandOf(pid)).includes(`-D ${clusterDir} `);
}

/** Stops the server: fast shutdown, after 10 s an immediate one, after 5 s more SIGKILL. Answers when it is gone. */
export async function stopPostmaster(pid: number): Promise<void> {
  for (const [signal, waitMs] of [
    ["SIGINT", fastStopMs],
    ["SIGQUIT", immediateStopMs],
    ["SIGKILL", immediateStopMs],
  ] as const) {
    if (!isAlive(pid)) {
      return;
    }
    process.kill(pid, signal);
    if (await gone(pid, waitMs)) {
      return;
    }
  }
}

async function gone(pid: number, waitMs: number): Promise<boolean> {
  const stepMs = 10;
  for (let waited = 0; waited < waitMs; waited += stepMs) {
    if (!isAlive(pid)) {
      return true;
    }
    await sleep(stepMs);
  }
  return false;
}

/** Whether a process of that number exists, of whomever. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}

async function commandOf(pid: number): Promise<string> {
  if (process.platform === "linux") {
    const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    return `${text.replaceAll("\0", " ")} `;
  }
  const { stdout } = await promisify(execFile)("ps", ["-o", "command=", "-p", String(pid)]).catch(
    () => ({ stdout: "" }),
  );
  return `${stdout.trim()} `;
}
