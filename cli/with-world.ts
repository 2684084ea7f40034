import { openWorld } from "@basalt/server";
import { loadConfig, systemScope, type Log, type Scope } from "@basalt/server/kernel";
import type { Terminal } from "./commands.ts";

/** Connections of one command. */
const COMMAND_POOL_MAX = 4;

/**
 * Runs a command's work as the program itself, on the database that the settings name, beside a server that runs or
 * without one. What the log of a server would hold (mail without SMTP, warnings) goes to the terminal's second stream.
 */
export async function withWorld<T>(
  { env, projectDir, err }: Terminal,
  work: (scope: Scope) => Promise<T>,
): Promise<T> {
  const config = await loadConfig(env, { cwd: projectDir });
  const { world, close } = await openWorld(
    { ...config, databasePoolMax: COMMAND_POOL_MAX },
    terminalLog(err),
  );
  try {
    return await work(systemScope(world, "cli"));
  } finally {
    await close();
  }
}

function terminalLog(err: Terminal["err"]): Log {
  const write = (fields: object, message = ""): void => err(`${message} ${JSON.stringify(fields)}`);
  const log: Log = {
    debug: () => undefined,
    info: write,
    warn: write,
    error: write,
    child: () => log,
  };
  return log;
}
