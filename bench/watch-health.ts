import { fork } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { Agent, get } from "node:http";

const EVERY_MS = 100;
/** What counts for an answer that failed or never came, milliseconds. */
const FAILED_MS = 10_000;

/** Times of `/health`, milliseconds, and the resident memory meanwhile, megabytes. */
export interface Watched {
  readonly health: number[];
  readonly memory: number[];
}

/** Asks ten times a second until it is told to stop; in a process of its own, so that who makes the load does not delay the clock. */
export function watchHealth(url: string, pid: number): () => Promise<Watched> {
  const child = fork(import.meta.filename, [url, String(pid)]);
  return () =>
    new Promise((resolve, reject) => {
      child.once("message", (told) => resolve(told as Watched));
      child.once("error", reject);
      child.send("stop");
    });
}

function askedHealth(url: string, agent: Agent): Promise<number> {
  const fromMs = performance.now();
  return new Promise((resolve) => {
    get(`${url}/health`, { agent }, (answer) => {
      answer.resume();
      answer.once("end", () =>
        resolve(answer.statusCode === 200 ? performance.now() - fromMs : FAILED_MS),
      );
    }).once("error", () => resolve(FAILED_MS));
  });
}

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024;
}

async function watch(url: string, pid: number): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  const asked: Promise<number>[] = [];
  const memory: Promise<number>[] = [];
  const timer = setInterval(() => {
    asked.push(askedHealth(url, agent));
    memory.push(residentMb(pid));
  }, EVERY_MS);
  await once(process, "message");
  clearInterval(timer);
  process.send?.({ health: await Promise.all(asked), memory: await Promise.all(memory) });
  agent.destroy();
  process.disconnect?.();
}

if (import.meta.main) {
  const [url = "", pid] = process.argv.slice(2);
  await watch(url, Number(pid));
}
