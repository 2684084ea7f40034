import { loadConfig } from "@basalt/server/kernel";
import { type Terminal, UsageError } from "./commands.ts";

/** Terminals and npm pass one Ctrl-C on several times at once; a signal later than this is a second one. */
const sameSignalMs = 1_000;
/** A stop that takes longer than this is stuck. */
const stopMaxMs = 25_000;

/** `basalt start`: runs until SIGTERM, SIGINT or the death of the process that started us; then stops gracefully. */
export async function start(argv: readonly string[], terminal: Terminal): Promise<number> {
  if (argv.length > 0) {
    throw new UsageError(`start takes no arguments, and was given "${argv.join(" ")}".`);
  }
  const config = await loadConfig(terminal.env, { cwd: terminal.projectDir });
  const stopAsked = listenForStop(terminal);
  const { startBasalt } = await import("@basalt/server");
  const basalt = await startBasalt(config);
  terminal.out(`Basalt is ready at ${basalt.url}`);
  await stopAsked;
  const stuck = setTimeout(() => process.exit(1), stopMaxMs);
  await basalt.stop();
  clearTimeout(stuck);
  return 0;
}

/** Resolves at the first signal; a second one ends the process at once. */
function listenForStop({ err }: Terminal): Promise<void> {
  let firstAt: number | undefined;
  return new Promise((resolve) => {
    const ask = (signal: NodeJS.Signals): void => {
      const now = performance.now();
      if (firstAt === undefined) {
        firstAt = now;
        resolve();
      } else if (now - firstAt > sameSignalMs) {
        err("Stopped without waiting for what was running.");
        process.exit(signal === "SIGINT" ? 130 : 143);
      }
    };
    process.on("SIGTERM", ask);
    process.on("SIGINT", ask);
    process.on("SIGHUP", ask);
    process.on("disconnect", () => ask("SIGTERM"));
    process.channel?.unref();
  });
}
