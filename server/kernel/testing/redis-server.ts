import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createConnection, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** How long a `redis-server` may take to listen on a busy machine, milliseconds. */
const READY_MAX_MS = 20_000;

/** A real `redis-server` on a free port, and ways to do it harm. */
export interface RedisServer {
  readonly url: string;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** The process stands still: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
  /** After `kill`, on the same port and empty. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/**
 * True where a test that needs `redis-server` must be skipped. Whoever wants every test run sets `BASALT_REQUIRE_ALL`; then
 * what is missing is a failure.
 */
export function isRedisMissing(): boolean {
  const isThere = spawnSync("redis-server", ["--version"]).status === 0;
  return !isThere && process.env["BASALT_REQUIRE_ALL"] !== "1";
}

/** Starts a Redis that keeps nothing on disk. */
export async function openRedisServer(): Promise<RedisServer> {
  const port = await freePort();
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    child = spawn(
      "redis-server",
      ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
      { stdio: "ignore" },
    );
    await listening(port);
  };
  const kill = async (): Promise<void> => {
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    }
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    kill,
    pause: () => child?.kill("SIGSTOP"),
    resume: () => child?.kill("SIGCONT"),
    start,
    close: kill,
  };
}

async function listening(port: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < READY_MAX_MS; waitedMs += 20) {
    const socket = createConnection({ port, host: "127.0.0.1" });
    const isOpen = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) {
      return;
    }
    await sleep(20);
  }
  throw new Error("redis-server does not listen");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
