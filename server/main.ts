import { operations } from "@basalt/contract";
import {
  announce,
  keepPartitions,
  measurePool,
  migrate,
  openDataDir,
  openDatabase,
  openDiskStore,
  openEgress,
  openLog,
  openMailer,
  openMetrics,
  openPostgres,
  openTracing,
  Parts,
  PgSignals,
  systemScope,
  type Config,
  type Database,
  type OpenPostgres,
  type World,
} from "#kernel";
import { fileRoutes, storeAnswers } from "#files";
import { openGateway, type Gateway, type HealthPart, type Mount } from "#gateway";
import {
  actorOf,
  closeIdentity,
  ensureAdministrator,
  identityRoutes,
  identityWithoutKeys,
} from "#identity";
import { changeRoutes, commentRoutes, feedLag, metaRoutes, recordRoutes } from "#records";
import { workspacesRoutes } from "#workspaces";
import { startChores } from "./chores.ts";
import { modules } from "./modules.ts";
import { version } from "./version.ts";

export { modules } from "./modules.ts";

/** A program that runs. */
export interface Basalt {
  readonly url: string;
  readonly world: World;
  /** Stops accepting, finishes what runs, closes everything. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Opens the world, brings the database up to date and starts what the settings ask for.
 * Throws `StartError` or a `Problem` with one sentence where it cannot.
 */
export async function startBasalt(config: Config): Promise<Basalt> {
  const closers: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
      await close();
    }
  };
  try {
    return await open(config, { closers, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Life {
  /** What to close, in the order of opening. */
  readonly closers: (() => Promise<unknown>)[];
  readonly stop: () => Promise<void>;
}

async function open(config: Config, { closers, stop }: Life): Promise<Basalt> {
  const log = openLog(config);
  closers.push(async () => log.flush());
  await openDataDir(config.dataDir);
  const postgres = await openPostgres(config, log);
  closers.push(postgres.stop);
  await migrate(postgres.url, Object.keys(modules));
  const database = openDatabase({
    url: postgres.url,
    poolMax: config.databasePoolMax,
    statementTimeoutMs: config.statementTimeoutMs,
  });
  closers.push(() => database.close());
  const tracing = await openTracing(config, version);
  closers.push(async () => tracing?.close());
  const world = await openWorld(config, { database, postgres, log, tracing, closers });
  await keepPartitions(world.db, world.now(), config.changeLogDays);
  await ensureAdministrator(systemScope(world, "start"));
  const gateway = openGateway({
    world,
    actorOf,
    mounts: servesApi(config) ? mountsOf(world) : [],
    operations,
    health: healthParts(world, database),
    about: { version, database: describe(postgres) },
    tracing,
  });
  const { url } = await gateway.listen();
  closers.push(() => gateway.close());
  if (config.roles.has("worker")) {
    closers.push(startChores(world));
  }
  return { url, world, stop };
}

/** A process that is a worker only listens for health and metrics alone. */
function servesApi({ roles }: Config): boolean {
  return roles.has("gateway") || roles.has("api");
}

interface Opened {
  readonly database: Database;
  readonly postgres: OpenPostgres;
  readonly log: World["log"];
  readonly tracing: Awaited<ReturnType<typeof openTracing>>;
  readonly closers: (() => Promise<unknown>)[];
}

async function openWorld(config: Config, opened: Opened): Promise<World> {
  const { database, postgres, log, tracing, closers } = opened;
  const metrics = openMetrics();
  measurePool(metrics, () => database.usage());
  announce(metrics, version);
  const signals = new PgSignals({ db: database, url: postgres.url, log });
  await signals.open();
  closers.push(() => signals.close());
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
    egress,
    store: await openDiskStore(`${config.dataDir}/files`),
    mail,
    parts,
    now: () => new Date(),
  };
  parts.attach(world);
  parts.of(feedLag);
  closers.push(() => closeIdentity(world));
  return world;
}

function mountsOf(world: World): Mount[] {
  return [
    { routes: identityRoutes(world), withoutKeys: identityWithoutKeys },
    { routes: workspacesRoutes(world) },
    { routes: recordRoutes(), keys: "own" },
    { routes: commentRoutes() },
    { routes: metaRoutes() },
    { routes: changeRoutes() },
    { routes: fileRoutes() },
  ];
}

function healthParts(world: World, database: Database): HealthPart[] {
  return [
    { name: "database", critical: true, check: () => database.script("select 1") },
    { name: "files", critical: false, check: () => storeAnswers(world) },
  ];
}

function describe({ embedded, version: postgres }: OpenPostgres): string {
  return embedded ? `embedded PostgreSQL ${postgres}` : `PostgreSQL ${postgres}`;
}
