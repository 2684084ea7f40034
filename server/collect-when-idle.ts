import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const LOOK_EVERY_MS = 1_000;
/** What an idle process takes of a processor in that time, milliseconds: it looks whether others changed something. */
const IDLE_CPU_MAX_MS = 100;

/**
 * Collects the garbage of the start once, in the first second in which nothing happens: the engine itself waits for work that
 * an idle process does not have, and keeps some 20 MB for nothing. Answers the way to stop.
 */
export function collectWhenIdle(): () => Promise<void> {
  let before = process.cpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    if ((user + system) / 1_000 < IDLE_CPU_MAX_MS) {
      clearInterval(timer);
      collect();
    }
  }, LOOK_EVERY_MS);
  timer.unref();
  return async () => clearInterval(timer);
}

function collect(): void {
  setFlagsFromString("--expose-gc");
  const collectNow: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  if (typeof collectNow === "function") {
    collectNow();
  }
}
