import { execFile } from "node:child_process";
import { readFile, writeFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { residentMb } from "./instance.ts";

/** One run of wrk. */
export interface WrkRun {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** CPU of the server's process, user and system, for each answer, microseconds. */
  readonly cpuUs: number;
  readonly rssMb: number;
  /** Head and body of an answer, the mean. */
  readonly bytes: number;
  /** Answers that were none of 2xx and 3xx, and connections that broke. */
  readonly bad: number;
  /** Answers a second to those beside. */
  readonly besidePerSecond: number;
}

export interface WrkTarget {
  readonly url: string;
  readonly authorization: string;
  /** The process whose CPU is counted. */
  readonly pid: number;
  /** A Lua script in place of one request again and again. */
  readonly script?: string;
  /** Connections that send requests at once; 64 where nothing is said. */
  readonly connections?: number;
  /** Others that load the server meanwhile, and are not counted but for their rate. */
  readonly beside?: WrkTarget;
}

/** Connections that send requests at once. */
const CONNECTIONS = 64;
/** Linux counts CPU time in hundredths of a second. */
const TICK_US = 10_000;

/** What wrk prints at the end of a run, one line of numbers. */
const REPORT = `
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("REPORT %d %d %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(95), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout, summary.bytes))
end
`;

/** Runs wrk with one thread for some seconds. */
export async function runWrk(target: WrkTarget, seconds: number): Promise<WrkRun> {
  const folder = await mkdtemp(join(tmpdir(), "basalt-wrk-"));
  try {
    const script = join(folder, "run.lua");
    await writeFile(script, `${target.script ?? ""}${REPORT}`);
    const before = await cpuTicks(target.pid);
    const beside = target.beside === undefined ? undefined : runWrk(target.beside, seconds);
    const { stdout } = await promisify(execFile)("wrk", [
      "-t1",
      `-c${target.connections ?? CONNECTIONS}`,
      `-d${seconds}s`,
      "-s",
      script,
      "-H",
      `Authorization: ${target.authorization}`,
      target.url,
    ]);
    const after = await cpuTicks(target.pid);
    const [requests = 0, us = 1, p50 = 0, p95 = 0, p99 = 0, bad = 0, bytes = 0] = (
      /REPORT ([\d ]+)/.exec(stdout)?.[1] ?? ""
    )
      .split(" ")
      .map(Number);
    return {
      perSecond: (requests / us) * 1e6,
      p50Ms: p50 / 1000,
      p95Ms: p95 / 1000,
      p99Ms: p99 / 1000,
      cpuUs: ((after - before) * TICK_US) / Math.max(1, requests),
      rssMb: await residentMb(target.pid),
      bytes: bytes / Math.max(1, requests),
      bad,
      besidePerSecond: (await beside)?.perSecond ?? 0,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs the targets by turns, so that all meet the same machine; answers the median run of each. */
export async function alternateWrk(
  targets: Readonly<Record<string, WrkTarget>>,
  { seconds, rounds }: { readonly seconds: number; readonly rounds: number },
): Promise<Record<string, WrkRun>> {
  const runs: Record<string, WrkRun[]> = {};
  const names = Object.keys(targets);
  for (const name of names) {
    await runWrk(targets[name] as WrkTarget, 1);
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      (runs[name] ??= []).push(await runWrk(targets[name] as WrkTarget, seconds));
    }
  }
  return Object.fromEntries(
    Object.entries(runs).map(([name, all]) => {
      const sorted = all.toSorted((a, b) => a.perSecond - b.perSecond);
      return [name, sorted[Math.floor(sorted.length / 2)] as WrkRun];
    }),
  );
}

export function showWrk(name: string, run: WrkRun): string {
  const bad = run.bad === 0 ? "" : `, ${run.bad} bad`;
  return `${name} ${Math.round(run.perSecond)}/s, p50 ${run.p50Ms.toFixed(2)}, p95 ${run.p95Ms.toFixed(2)}, p99 ${run.p99Ms.toFixed(2)} ms, ${run.cpuUs.toFixed(1)} µs CPU, ${Math.round(run.rssMb)} MB${bad}`;
}

/** CPU time that a process has used, user and system, in ticks of a hundredth of a second. */
export async function cpuTicks(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
