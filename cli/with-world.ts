import { modules } from "@basalt/server";
import { closeIdentity } from "@basalt/server/identity";
import {
  loadConfig,
  migrate,
  openDatabase,
  openDataDir,
  openDiskStore,
  openEgress,
  openMailer,
  openMetrics,
  openPostgres,
  Parts,
  PgSignals,
  silentLog,
  systemScope,
  type Log,
  type Scope,
  type World,
} from "@basalt/server/kernel";
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
  await openDataDir(config.dataDir);
  const postgres = await openPostgres(config, silentLog);
  try {
    await migrate(postgres.url, Object.keys(modules));
    const db = openDatabase({
      url: postgres.url,
      poolMax: COMMAND_POOL_MAX,
      statementTimeoutMs: config.statementTimeoutMs,
    });
    const log = terminalLog(err);
    const signals = new PgSignals({ db, url: postgres.url, log });
    const egress = openEgress({ allow: config.egressAllow });
    const mail = openMailer(config, log);
    try {
      await signals.open();
      const parts = new Parts();
      const store = await openDiskStore(`${config.dataDir}/files`);
      const world: World = {
        config,
        db,
        log,
        metrics: openMetrics(),
        signals,
        egress,
        store,
        mail,
        parts,
        now: () => new Date(),
      };
      parts.attach(world);
      const answer = await work(systemScope(world, "cli"));
      await closeIdentity(world);
      return answer;
    } finally {
      await mail.close();
      await egress.close();
      await signals.close();
      await db.close();
    }
  } finally {
    await postgres.stop();
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
