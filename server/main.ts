import { operations } from "@basalt/contract";
import {
  openLog,
  systemScope,
  type Actor,
  type Config,
  type Database,
  type Metrics,
  type OpenLog,
  type OpenPostgres,
  type World,
} from "#kernel";
import { analyticsRoutes, openAnalytics } from "#analytics";
import { auditRoutes, noteSettings } from "#audit";
import { fileRoutes, storeAnswers } from "#files";
import {
  freePort,
  openGateway,
  type Gateway,
  type GatewayOptions,
  type HealthPart,
  type Mount,
  type SharedSocket,
  loadUpstreams,
  type LoadedUpstreams,
} from "#gateway";
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
  hotReads,
  measureBase,
  metaRoutes,
  recordRoutes,
  templateRoutes,
  viewRoutes,
} from "#records";
import { mobileBffRoutes } from "#mobile-bff";
import { webBffRoutes } from "#web-bff";
import { workspacesRoutes } from "#workspaces";
import { startChores } from "./chores.ts";
import { gatewayFileOf } from "./command-route.ts";
import { collectWhenIdle } from "./collect-when-idle.ts";
import { closeAll, openWorld, type Closers } from "./open-world.ts";
import { prepareDatabase } from "./prepare-database.ts";
import { startSample } from "./sample.ts";
import { version } from "./version.ts";

export { commandRoute, type CommandedRoute, listRoutes } from "./command-route.ts";
export { databaseScripts } from "./database-scripts.ts";
export { modules } from "./modules.ts";
export { openWorld, type OpenWorld } from "./open-world.ts";

/** A program that runs. */
export interface Basalt {
  readonly url: string;
  readonly world: World;
  readonly gateway: Gateway;
  /** Stops accepting, finishes what runs, closes everything. Safe to call twice. */
  stop(how?: StopOptions): Promise<void>;
}

/** What `Gateway.close` takes. */
export type StopOptions = NonNullable<Parameters<Gateway["close"]>[0]>;

/** What a supervisor has opened already. */
export interface StartOptions {
  readonly log: OpenLog;
  readonly metrics: Metrics;
  /** How the database is called on the first page. */
  readonly database: string;
  /** Where connections come from. */
  readonly socket: SharedSocket | undefined;
}

/**
 * Opens the world, brings the database up to date and starts what the settings ask for.
 * Throws `StartError` or a `Problem` with one sentence where it cannot.
 */
export async function startBasalt(config: Config, options?: StartOptions): Promise<Basalt> {
  const closing: Closing = { closers: [], how: {} };
  const stop = async (how: StopOptions = {}): Promise<void> => {
    closing.how = how;
    await closeAll(closing.closers);
  };
  try {
    return { ...(await start(config, closing, options)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What is to be closed, and how the gateway is told to. */
interface Closing {
  readonly closers: Closers;
  how: StopOptions;
}

async function start(
  given: Config,
  closing: Closing,
  options?: StartOptions,
): Promise<Omit<Basalt, "stop">> {
  const { closers } = closing;
  const config = await withPort(given);
  const log = options?.log ?? openLog(config);
  closers.push(async () => log.flush());
  const opened = await openWorld(config, log, options?.metrics);
  const { world, database, postgres, tracing, close } = opened;
  closers.push(close);
  await prepareDatabase(systemScope(world, "start"));
  await ensureAdministrator(systemScope(world, "start"));
  await noteSettings(systemScope(world, "start"));
  world.parts.of(feedLag);
  const analytics = await openAnalytics(world, {
    measure: (baseId) => measureBase(systemScope(world, "analytics"), baseId),
  });
  closers.push(() => analytics.close());
  const routing = await openRouting(world);
  closers.push(async () => routing?.close());
  const gateway = openGateway({
    world,
    actorOf: knownActor,
    hot: hotSource(world),
    mounts: [
      ...(servesApi(config) ? mountsOf(world) : []),
      ...(routing === undefined ? [] : [{ routes: routing.routes }]),
    ],
    operations,
    health: healthParts(world, database),
    about: { version, database: options?.database ?? describe(postgres) },
    tracing,
    // What goes through a gateway alone is counted where it is answered.
    ...(servesApi(config) ? { meter: analytics.meter, quota: analytics.refuse } : {}),
    upstreams: routing?.upstreams,
  });
  routing?.follow(gateway);
  const { roles } = config;
  await world.processes?.join({ roles, version, address: `${config.host}:${config.port}` });
  const { url } = await listen(world, gateway, options);
  closers.push(() => gateway.close(closing.how), collectWhenIdle());
  if (config.roles.has("worker")) {
    const backlog = world.parts.of(backlogWorker);
    await backlog.start();
    closers.push(() => backlog.stop(), startChores(world), startSample(world));
  }
  return { url, world, gateway };
}

/** A worker under a supervisor listens nowhere: the others say its figures. */
async function listen(
  world: World,
  gateway: Gateway,
  options?: StartOptions,
): Promise<{ readonly url: string }> {
  return options !== undefined && options.socket === undefined
    ? { url: world.config.publicUrl }
    : gateway.listen(options?.socket);
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

/** Routes of the gateway file, in processes that are a gateway. */
async function openRouting(world: World): Promise<LoadedUpstreams | undefined> {
  const { config } = world;
  return config.roles.has("gateway")
    ? loadUpstreams(world, {
        findActor: (authorization) => knownActor(world, authorization),
        path: gatewayFileOf(config),
        apiUrls: config.apiUrls,
      })
    : undefined;
}

/** Reads that are kept in memory, where this process serves any. */
function hotSource(world: World): GatewayOptions["hot"] {
  return servesApi(world.config)
    ? {
        reads: world.parts.of(hotReads),
        knownActor: (authorization) => cachedActor(world, authorization),
      }
    : undefined;
}

/** Whom we met before is known without a wait. */
function knownActor(world: World, authorization: string): Actor | Promise<Actor> {
  return cachedActor(world, authorization) ?? actorOf(world, authorization);
}

/** A gateway alone sends everything that is ours to those that do; a worker alone listens for health and metrics. */
function servesApi({ roles }: Config): boolean {
  return roles.has("api");
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
    { routes: auditRoutes() },
    { routes: analyticsRoutes() },
    { routes: webBffRoutes() },
    { routes: mobileBffRoutes() },
  ];
}

function healthParts(world: World, database: Database): HealthPart[] {
  const { redis } = world;
  return [
    { name: "database", critical: true, check: () => database.script("select 1") },
    { name: "files", critical: false, check: () => storeAnswers(world) },
    ...(redis === undefined
      ? []
      : [{ name: "redis", critical: false, check: () => redis.check() }]),
  ];
}

function describe({ embedded, version: postgres }: OpenPostgres): string {
  return embedded ? `embedded PostgreSQL ${postgres}` : `PostgreSQL ${postgres}`;
}
