import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** Making the embedded database on a busy machine takes seconds; longer than this and it hangs. */
const readyMaxMs = 120_000;
const stopMaxMs = 30_000;
const linesKept = 200;
const program = fileURLToPath(new URL("../cli/main.ts", import.meta.url));

/** How a server is started. */
export interface ServerOptions {
  /** A data directory that exists: the server starts again on what is there. Without it a new one is made. */
  readonly dataDir?: string;
  /** An outside PostgreSQL; without it the embedded one of the data directory runs. */
  readonly databaseUrl?: string | undefined;
  /** Where it listens, so that clients find it again after a restart; a free one where none is given. */
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** From the signal to the end. */
  readonly tookMs: number;
}

/** Basalt as its users run it: a process of its own, started through the command line. */
export interface ServerProcess {
  readonly url: string;
  readonly dataDir: string;
  readonly port: number;
  readonly pid: number;
  /** From the start of the process to the line that says it is ready. */
  readonly readyMs: number;
  /** The last lines that it wrote, newest last. */
  readonly lines: readonly string[];
  /** Of the embedded PostgreSQL, undefined where there is none. */
  postgresPid(): number | undefined;
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Ending>;
  /** Stops it gracefully, ends the embedded PostgreSQL where it was left behind, removes the data directory. */
  destroy(): Promise<void>;
}

/** Starts a server on a free port and waits until it says that it is ready. Fails with what it wrote when it does not. */
export async function startServer(options: ServerOptions = {}): Promise<ServerProcess> {
  const dataDir = options.dataDir ?? (await newDataDir());
  const port = options.port ?? (await freePort());
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", program, "start"],
    {
      // The channel ends the server when this process dies without a chance to stop it.
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: environment({ ...options, dataDir, port }),
    },
  );
  const lines: string[] = [];
  const url = await readyUrl(child, lines).catch(async (error: unknown) => {
    if (options.dataDir === undefined) {
      await killPostgres(dataDir);
      await rm(dataDir, { recursive: true, force: true });
    }
    throw error;
  });
  const readyMs = performance.now() - startedAt;
  const end = async (signal: NodeJS.Signals): Promise<Ending> => {
    const from = performance.now();
    await ended(child, signal);
    return { code: child.exitCode, signal: child.signalCode, tookMs: performance.now() - from };
  };
  const postgresPid = (): number | undefined => postmasterOf(dataDir);
  return {
    url,
    dataDir,
    port,
    pid: child.pid ?? 0,
    readyMs,
    lines,
    postgresPid,
    end,
    destroy: async () => {
      await end("SIGTERM");
      await killPostgres(dataDir);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A data directory that a PostgreSQL of another user can reach, as it runs where Basalt runs as root. */
export async function newDataDir(): Promise<string> {
  const dataDir = await mkdtemp(path.join(tmpdir(), "basalt-journey-"));
  await chmod(dataDir, 0o711);
  return dataDir;
}

/** A port that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Ends an embedded PostgreSQL that outlived its Basalt, and waits until it is gone. */
export async function killPostgres(dataDir: string): Promise<void> {
  const pid = postmasterOf(dataDir);
  if (pid === undefined) {
    return;
  }
  process.kill(pid, "SIGQUIT");
  for (let waitedMs = 0; isAlive(pid) && waitedMs < stopMaxMs; waitedMs += 20) {
    await sleep(20);
  }
}

/** Nothing but what is named here reaches the server, so that no setting of the machine changes a journey. */
function environment({ dataDir, port, databaseUrl, env = {} }: ServerOptions): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: process.env["HOME"] ?? "",
    BASALT_PORT: String(port),
    BASALT_DATA_DIR: dataDir ?? "",
    BASALT_SAMPLE: "0",
    BASALT_LOG_LEVEL: "warn",
    // A suite sends in a minute what a hundred visitors would, and all of it from one address.
    BASALT_LIMIT_ANONYMOUS: "none",
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    ...env,
  };
}

async function readyUrl(child: ChildProcess, lines: string[]): Promise<string> {
  const said = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) {
        createInterface({ input: stream }).on("line", (line) => {
          lines.push(line);
          lines.splice(0, Math.max(0, lines.length - linesKept));
          const [, url] = /Basalt is ready at (\S+)/.exec(line) ?? [];
          if (url !== undefined) {
            resolve(url);
          }
        });
      }
    }
  });
  const giveUp = new AbortController();
  const failed = (reason: string): Error => new Error(`${reason}\n${lines.join("\n")}`);
  try {
    return await Promise.race([
      said,
      once(child, "exit", { signal: giveUp.signal }).then(async () => {
        // What it wrote last is still on its way.
        await sleep(50);
        throw failed(`the server ended with ${child.exitCode ?? child.signalCode}`);
      }),
      sleep(readyMaxMs, undefined, { signal: giveUp.signal }).then(() => {
        child.kill("SIGKILL");
        throw failed(`the server was not ready after ${readyMaxMs / 1_000} s`);
      }),
    ]);
  } finally {
    giveUp.abort();
  }
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const exit = once(child, "exit");
  child.kill(signal);
  const stuck = setTimeout(() => child.kill("SIGKILL"), stopMaxMs);
  await exit;
  clearTimeout(stuck);
}

function postmasterOf(dataDir: string): number | undefined {
  try {
    const [pid] = readFileSync(path.join(dataDir, "postgres", "postmaster.pid"), "utf8").split(
      "\n",
    );
    return pid !== undefined && isAlive(Number(pid)) ? Number(pid) : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return pid > 0;
  } catch {
    return false;
  }
}
