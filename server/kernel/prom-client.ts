import { createRequire } from "node:module";
import type * as PromClient from "prom-client";

// Only the parts that are used: the library's entry also loads OpenTelemetry, a push gateway and a cluster, which take 30 ms
// and 10 MB of every start.
const load = createRequire(import.meta.url);

export const Registry = load("prom-client/lib/registry") as typeof PromClient.Registry;
export const Counter = load("prom-client/lib/counter") as typeof PromClient.Counter;
export const Gauge = load("prom-client/lib/gauge") as typeof PromClient.Gauge;

/** Those of the library but the processor's time, which is the one that wants OpenTelemetry. */
const DEFAULTS = [
  "processStartTime",
  "osMemoryHeap",
  "processOpenFileDescriptors",
  "processMaxFileDescriptors",
  "eventLoopLag",
  "processResources",
  "processHandles",
  "processRequests",
  "heapSizeAndUsed",
  "heapSpacesSizeAndUsed",
  "version",
  "gc",
];

/** The usual metrics of the process, the event loop and the heap, under the names that everybody knows. */
export function collectDefaults(registry: PromClient.Registry): void {
  for (const name of DEFAULTS) {
    const collect = load(`prom-client/lib/metrics/${name}`) as (into: PromClient.Registry) => void;
    collect(registry);
  }
  processorTime(registry);
}

function processorTime(registry: PromClient.Registry): void {
  const registers = [registry];
  const counted = (name: string, help: string, secondsNow: () => number): void => {
    let before = 0;
    new Counter({
      name,
      help,
      registers,
      collect() {
        const now = secondsNow();
        this.inc(now - before);
        before = now;
      },
    });
  };
  const seconds = (kinds: readonly ("user" | "system")[]) => (): number => {
    const usage = process.cpuUsage();
    return kinds.reduce((sum, kind) => sum + usage[kind], 0) / 1_000_000;
  };
  counted("process_cpu_user_seconds_total", "User processor time, seconds.", seconds(["user"]));
  counted(
    "process_cpu_system_seconds_total",
    "System processor time, seconds.",
    seconds(["system"]),
  );
  counted(
    "process_cpu_seconds_total",
    "User and system processor time, seconds.",
    seconds(["user", "system"]),
  );
}
