import { afterAll, beforeAll } from "vitest";
import { openRedisServer, type RedisServer } from "../server/kernel/testing/redis-server.ts";
import { createTestDatabase, type TestDatabase } from "../server/kernel/testing/test-database.ts";
import { makeKey, makeWorkspace, type Person, register } from "./api.ts";
import { type ServerOptions, type ServerProcess, startServer } from "./server-process.ts";

/** A server with its first user, a workspace and a key. */
export interface JourneyServer {
  readonly server: ServerProcess;
  readonly url: string;
  readonly owner: Person;
  readonly workspaceId: string;
  /** The owner's, with the usual scopes. */
  readonly key: string;
  /** The outside database, where it runs on one. */
  readonly databaseUrl: string | undefined;
}

/**
 * One server for the tests of a file: started before the first, removed after the last. It runs on its embedded
 * PostgreSQL, or on a fresh database of the server that `BASALT_TEST_DATABASE_URL` names.
 */
export function journeyServer(
  options: () => Promise<ServerOptions> | ServerOptions = () => ({}),
): () => JourneyServer {
  let opened: (JourneyServer & { close(): Promise<void> }) | undefined;
  beforeAll(async () => {
    opened = await openJourneyServer(await options());
  }, 180_000);
  afterAll(() => opened?.close(), 60_000);
  return () => {
    if (opened === undefined) {
      throw new Error("read the server inside a test or a hook");
    }
    return opened;
  };
}

/** The same for a test that closes its server itself. */
export async function openJourneyServer(
  options: ServerOptions = {},
): Promise<JourneyServer & { close(): Promise<void> }> {
  const database = options.databaseUrl === undefined ? await outsideDatabase() : undefined;
  const databaseUrl = options.databaseUrl ?? database?.url;
  const redis = process.env["BASALT_TEST_REDIS"] === "1" ? await openRedisServer() : undefined;
  const env = { ...severalProcesses(redis), ...options.env };
  const server = await startServer({ ...options, databaseUrl, env });
  const { url } = server;
  const owner = await register(url, "owner");
  const workspaceId = await makeWorkspace(url, owner.session, "Journey");
  const { key } = await makeKey(url, owner.session);
  const close = async (): Promise<void> => {
    await server.destroy();
    await redis?.close();
    await database?.drop();
  };
  return { server, url, owner, workspaceId, key, databaseUrl, close };
}

/** `BASALT_TEST_PROCESSES=3` runs every journey on three processes, `BASALT_TEST_REDIS=1` with a Redis beside them. */
function severalProcesses(redis: RedisServer | undefined): Record<string, string> {
  const processes = process.env["BASALT_TEST_PROCESSES"];
  return {
    ...(processes === undefined ? {} : { BASALT_PROCESSES: processes }),
    ...(redis === undefined ? {} : { REDIS_URL: redis.url }),
  };
}

/** A database of its own on the outside server of this run, where there is one. */
export async function outsideDatabase(): Promise<TestDatabase | undefined> {
  return process.env["BASALT_TEST_DATABASE_URL"] ? createTestDatabase() : undefined;
}
