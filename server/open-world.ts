import { closeIdentity } from "#identity";
import {
  announce,
  changeNotices,
  closeActs,
  measurePool,
  migrate,
  openDatabase,
  openDataDir,
  openDiskStore,
  openEgress,
  openMailer,
  openMetrics,
  openPostgres,
  openRedis,
  openTracing,
  Parts,
  ProcessNotices,
  newProcessId,
  PgSignals,
  Processes,
  SideConnection,
  type Config,
  type Database,
  type Log,
  type Metrics,
  type OpenPostgres,
  type Tracing,
  type World,
} from "#kernel";
import { databaseScripts } from "./database-scripts.ts";
import { stopHotReads, stopIndexing } from "#records";
import { modules } from "./modules.ts";
import { version } from "./version.ts";

/** A world that is open, and what only those who opened it may use. */
export interface OpenWorld {
  readonly world: World;
  readonly database: Database;
  readonly postgres: OpenPostgres;
  readonly tracing: Tracing | undefined;
  /** Closes everything in the reverse order of opening. */
  close(): Promise<void>;
}

/** What has been opened, to be closed in reverse order. */
export type Closers = (() => Promise<unknown>)[];

/**
 * Opens everything that use cases need: the database, brought up to date, signals, files, mail, the way out. For the server
 * and for commands alike.
 * Throws `StartError` or a `Problem` with one sentence where it cannot, and leaves nothing open.
 */
export async function openWorld(
  config: Config,
  log: Log,
  metrics: Metrics = openMetrics(),
): Promise<OpenWorld> {
  const closers: Closers = [];
  const close = async (): Promise<void> => closeAll(closers);
  try {
    return { ...(await open(config, { log, metrics }, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Closes in the reverse order of opening; each once. */
export async function closeAll(closers: Closers): Promise<void> {
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
    await close();
  }
}

async function open(
  config: Config,
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
  closers: Closers,
): Promise<Omit<OpenWorld, "close">> {
  await openDataDir(config.dataDir);
  const postgres = await openPostgres(config, log);
  closers.push(() => postgres.stop());
  await migrate(postgres.url, Object.keys(modules), databaseScripts());
  const database = openDatabase({
    url: postgres.url,
    poolMax: config.databasePoolMax,
    statementTimeoutMs: config.statementTimeoutMs,
    pulseLog: log,
  });
  closers.push(() => database.close());
  const tracing = await openTracing(config, version);
  closers.push(async () => tracing?.close());
  measurePool(metrics, () => database.usage());
  announce(metrics, version);
  const redis = await openRedis(config, { log, metrics });
  closers.push(async () => redis?.close());
  const side = new SideConnection({ url: postgres.url, log });
  closers.push(() => side.close());
  const id = newProcessId();
  const signals = new PgSignals({ processId: id, side, log, redis });
  closers.push(() => signals.close());
  await side.open();
  await signals.open();
  const now = (): Date => new Date();
  const processes = new Processes({ id, db: database, side, signals, log, now });
  closers.push(() => processes.leave());
  const egress = openEgress({ allow: config.egressAllow });
  closers.push(() => egress.close());
  const mail = openMailer(config, log);
  closers.push(() => mail.close());
  const parts = new Parts();
  const world: World = {
    config,
    db: tracing === undefined ? database : tracing.db(database),
    log,
    metrics,
    signals,
    processes,
    redis,
    egress,
    store: await openDiskStore(`${config.dataDir}/files`),
    mail,
    parts,
    now,
  };
  parts.attach(world);
  const isAlone = (): boolean => processes.isAlone;
  const notices = new ProcessNotices({ processId: id, side, redis, log, isAlone });
  closers.push(parts.of(changeNotices).use(notices));
  closers.push(() => closeActs(world));
  closers.push(() => closeIdentity(world));
  closers.push(() => stopIndexing(world));
  closers.push(() => stopHotReads(world));
  return { world, database, postgres, tracing };
}
