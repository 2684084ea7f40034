import { loadConfig, migrate, openPostgres, silentLog } from "@basalt/server/kernel";
import { type Terminal, UsageError } from "./commands.ts";

/** `basalt migrate`: runs the migrations that are missing, as every start does, and ends. */
export async function migrateDatabase(
  argv: readonly string[],
  terminal: Terminal,
): Promise<number> {
  if (argv.length > 0) {
    throw new UsageError(`migrate takes no arguments, and was given "${argv.join(" ")}".`);
  }
  const config = await loadConfig(terminal.env, { cwd: terminal.projectDir });
  const { databaseScripts, modules } = await import("@basalt/server");
  const postgres = await openPostgres(config, silentLog);
  try {
    const count = await migrate(postgres.url, Object.keys(modules), databaseScripts());
    terminal.out(
      count === 0
        ? "The database is up to date."
        : `${count} ${count === 1 ? "migration" : "migrations"} run.`,
    );
    return 0;
  } finally {
    await postgres.stop();
  }
}
