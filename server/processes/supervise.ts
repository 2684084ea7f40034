import {
  openDataDir,
  openLog,
  openPostgres,
  StartError,
  type Config,
  type OpenPostgres,
} from "#kernel";
import { openSockets, type Sockets } from "./listening-sockets.ts";
import { SupervisorFile } from "./supervisor-file.ts";
import { type Place, Supervisor } from "./supervisor.ts";

/** An instance of several processes. */
export interface Supervised {
  readonly url: string;
  /** Replaces every child by a new one, one after the other; no request is lost. Rejects when a new one cannot start. */
  restart(): Promise<void>;
  /** Stops all. `drainMs`: how long they say "not ready" and serve on. Safe to call twice. */
  stop(how?: { readonly drainMs?: number }): Promise<void>;
}

/** What a process holds beside its pool: the way to other processes, and the one that notices a silent database. */
const CONNECTIONS_BESIDE_POOL = 2;
/** The embedded server takes a hundred, and some must be left for commands and for whoever looks in. */
const EMBEDDED_CONNECTIONS_MAX = 90;

/**
 * Runs an instance as several processes: the database's server and the sockets here, requests in `config.processes` children,
 * background work in one more. A child that dies is replaced; new connections go to a sibling meanwhile.
 * Throws `StartError` or a `Problem` with one sentence where it cannot start.
 */
export async function supervise(config: Config, program: URL): Promise<Supervised> {
  refuseTooManyConnections(config);
  await openDataDir(config.dataDir);
  const log = openLog(config);
  const closers: (() => unknown)[] = [() => log.flush()];
  const close = async (): Promise<void> => {
    for (let next = closers.pop(); next !== undefined; next = closers.pop()) {
      await next();
    }
  };
  try {
    const file = new SupervisorFile(config.dataDir);
    closers.push(() => file.close());
    const sockets = await openSockets(config, config.processes);
    closers.push(() => sockets.each.forEach((socket) => socket.close()));
    const postgres = await openPostgres(config, log);
    closers.push(() => postgres.stop());
    const places = placesOf(config, sockets, postgres);
    const supervisor = new Supervisor({ program, log, file, places });
    const how = { drainMs: 0 };
    closers.push(() => supervisor.stop(how.drainMs));
    await supervisor.start();
    return {
      url: urlOf(config, sockets.port),
      restart: () => supervisor.restart(),
      stop: async ({ drainMs = 0 } = {}) => {
        how.drainMs = drainMs;
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Who is to run: those that answer requests, and one for background work. */
function placesOf(config: Config, { port, each }: Sockets, postgres: OpenPostgres): Place[] {
  const database = `${postgres.embedded ? "embedded " : ""}PostgreSQL ${postgres.version}`;
  const common: Config = {
    ...config,
    port,
    publicUrl: config.publicUrl.replace(/:0$/, `:${port}`),
    databaseUrl: postgres.url,
    processes: 1,
  };
  const roles = new Set([...config.roles].filter((role) => role !== "worker"));
  const places = each.map((socket, at) => {
    const name = String(at + 1);
    return { name, socket, start: { name, database, config: { ...common, roles } } };
  });
  if (!config.roles.has("worker")) {
    return places;
  }
  const worker = { ...common, roles: new Set(["worker"] as const), apiUrls: [] };
  return [
    ...places,
    { name: "worker", socket: undefined, start: { name: "worker", database, config: worker } },
  ];
}

function refuseTooManyConnections({ databaseUrl, processes, databasePoolMax }: Config): void {
  const needed = (processes + 1) * (databasePoolMax + CONNECTIONS_BESIDE_POOL);
  if (databaseUrl === null && needed > EMBEDDED_CONNECTIONS_MAX) {
    throw new StartError(
      `BASALT_PROCESSES=${processes} with BASALT_DATABASE_POOL_MAX=${databasePoolMax} may need ${needed} connections, and the embedded PostgreSQL has ${EMBEDDED_CONNECTIONS_MAX} for them: lower one of the two.`,
    );
  }
}

function urlOf({ host, tls }: Config, port: number): string {
  const scheme = tls === null ? "http" : "https";
  if (host === "0.0.0.0" || host === "::") {
    return `${scheme}://localhost:${port}`;
  }
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
