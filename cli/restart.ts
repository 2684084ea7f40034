import { loadConfig } from "@basalt/server/kernel";
import { type Terminal, UsageError } from "./commands.ts";

/** `basalt restart`: has a Basalt with BASALT_PROCESSES replace every process by a new one, without a failed request. */
export async function restart(argv: readonly string[], terminal: Terminal): Promise<number> {
  if (argv.length > 0) {
    throw new UsageError(`restart takes no arguments, and was given "${argv.join(" ")}".`);
  }
  const config = await loadConfig(terminal.env, { cwd: terminal.projectDir });
  const { askForRestart } = await import("@basalt/server/processes");
  await askForRestart(config.dataDir);
  terminal.out("Every process has been replaced.");
  return 0;
}
