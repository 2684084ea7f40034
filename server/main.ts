import { operations } from "@basalt/contract";
import {
  keepPartitions,
  openLog,
  systemScope,
  type Actor,
  type Config,
  type Database,
  type OpenPostgres,
  type World,
} from "#kernel";
import { analyticsRoutes, drainEvents, keepEventPartitions } from "#analytics";
import { fileRoutes, storeAnswers } from "#files";
import { freePort, openGateway, type HealthPart, type Mount } from "#gateway";
import {
  actorOf,
  cachedActor,
  ensureAdministrator,
  identityRoutes,
  identityWithoutKeys,
} from "#identity";
import {
  backlogWorker,
  baseFileRoutes,
  baseFileWithoutKeys,
  changeRoutes,
  commentRoutes,
  explainRoutes,
  feedLag,
  metaRoutes,
  recordRoutes,
  templateRoutes,
  viewRoutes,
} from "#records";
import { workspacesRoutes } from "#workspaces";
import { startChores } from "./chores.ts";
import { closeAll, openWorld, type Closers } from "./open-world.ts";
import { startSample } from "./sample.ts";
import { version } from "./version.ts";

export { databaseScripts } from "./database-scripts.ts";
export { modules } from "./modules.ts";
export { openWorld, type OpenWorld } from "./open-world.ts";

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
  const closers: Closers = [];
  const stop = async (): Promise<void> => closeAll(closers);
  try {
    return { ...(await start(config, closers)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(given: Config, closers: Closers): Promise<Omit<Basalt, "stop">> {
  const config = await withPort(given);
  const log = openLog(config);
  closers.push(async () => log.flush());
  const { world, database, postgres, tracing, close } = await openWorld(config, log);
  closers.push(close);
  closers.push(() => drainEvents(world));
  await keepPartitions(world.db, world.now(), config.changeLogDays);
  await keepEventPartitions(world);
  await ensureAdministrator(systemScope(world, "start"));
  world.parts.of(feedLag);
  const gateway = openGateway({
    world,
    actorOf: knownActor,
    mounts: servesApi(config) ? mountsOf(world) : [],
    operations,
    health: healthParts(world, database),
    about: { version, database: describe(postgres) },
    tracing,
  });
  const { roles } = config;
  await world.processes?.join({ roles, version, address: `${config.host}:${config.port}` });
  const { url } = await gateway.listen();
  closers.push(() => gateway.close());
  if (config.roles.has("worker")) {
    const backlog = world.parts.of(backlogWorker);
    await backlog.start();
    closers.push(() => backlog.stop(), startChores(world), startSample(world));
  }
  return { url, world };
}

/** Port 0 becomes a free one before anything is opened: links in mail and to files must name it. */
async function withPort(config: Config): Promise<Config> {
  if (config.port !== 0) {
    return config;
  }
  // An address that cannot be listened on is refused in words when the server listens.
  const port = await freePort(config.host).catch(() => 0);
  return { ...config, port, publicUrl: config.publicUrl.replace(/:0$/, `:${port}`) };
}

/** Whom we met before is known without a wait. */
function knownActor(world: World, authorization: string): Actor | Promise<Actor> {
  return cachedActor(world, authorization) ?? actorOf(world, authorization);
}

/** A process that is a worker only listens for health and metrics alone. */
function servesApi({ roles }: Config): boolean {
  return roles.has("gateway") || roles.has("api");
}

function mountsOf(world: World): Mount[] {
  return [
    { routes: identityRoutes(world), withoutKeys: identityWithoutKeys },
    { routes: workspacesRoutes(world) },
    { routes: recordRoutes(), keys: "own" },
    { routes: commentRoutes() },
    { routes: metaRoutes() },
    { routes: changeRoutes() },
    { routes: explainRoutes() },
    { routes: viewRoutes() },
    {
      routes: baseFileRoutes({ program: `basalt ${version}` }),
      keys: "own",
      withoutKeys: baseFileWithoutKeys,
    },
    { routes: templateRoutes() },
    { routes: fileRoutes() },
    { routes: analyticsRoutes() },
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
