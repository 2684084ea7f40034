import { readFile } from "node:fs/promises";
import { Agent, get } from "node:http";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

const EVERY_MS = 100;
/** What counts for an answer that failed or never came, milliseconds. */
const FAILED_MS = 10_000;

/** Times of `/health`, milliseconds, and the resident memory meanwhile, megabytes. */
export interface Watched {
  readonly health: number[];
  readonly memory: number[];
}

/** Asks ten times a second until it is told to stop; in a thread of its own, so that who makes the load does not delay the clock. */
export function watchHealth(url: string, pid: number): () => Promise<Watched> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { url, pid } });
  return () =>
    new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
      worker.postMessage("stop");
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

if (!isMainThread && workerData?.pid !== undefined) {
  const { url, pid } = workerData as { readonly url: string; readonly pid: number };
  const agent = new Agent({ keepAlive: true });
  const asked: Promise<number>[] = [];
  const memory: Promise<number>[] = [];
  const timer = setInterval(() => {
    asked.push(askedHealth(url, agent));
    memory.push(residentMb(pid));
  }, EVERY_MS);
  parentPort?.once("message", async () => {
    clearInterval(timer);
    parentPort?.postMessage({
      health: await Promise.all(asked),
      memory: await Promise.all(memory),
    });
    agent.destroy();
  });
}
