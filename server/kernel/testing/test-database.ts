import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, inject } from "vitest";
import { createDatabase, dropDatabase } from "./test-database.sql.ts";

/** A database of a test's own. */
export interface TestDatabase {
  readonly name: string;
  /** Signs in as the role that owns it: may make schemas, roles and databases, and is no superuser (on the throw-away server). */
  readonly url: string;
  /** Ends every connection to it and removes it. */
  drop(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** A database to copy; nobody may be connected to it meanwhile. */
  readonly template?: string;
}

/**
 * Makes an empty database on the server of this run. A test file usually wants `testDatabase()`, which also drops it.
 */
export async function createTestDatabase({
  template = "template0",
}: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const server = inject("testServerUrl");
  const name = `test_${randomBytes(8).toString("hex")}`;
  await onServer(server, async (client) => {
    await client.query(createDatabase(name, template));
  });
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    name,
    url: url.href,
    drop: () => onServer(server, (client) => dropWhenFree(client, name)),
  };
}

const DROP_TRIES_MAX = 50;
const DROP_WAIT_MS = 100;
/** Older servers do not let an ordinary role end a session of another role, which may be one that is ending or a vacuum. */
const NOT_OURS = "42501";

async function dropWhenFree(client: pg.Client, name: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await client.query(dropDatabase(name));
      return;
    } catch (error) {
      if (tries === DROP_TRIES_MAX || (error as { readonly code?: string }).code !== NOT_OURS) {
        throw error;
      }
      await sleep(DROP_WAIT_MS);
    }
  }
}

/**
 * One database for the tests of a file: made before the first, dropped after the last. Call it at the top of the file or
 * of a `describe`, and read `url` inside tests and hooks.
 *
 *     const database = testDatabase();
 *     test("…", async () => { const db = openPool(database.url); … });
 */
export function testDatabase(options: TestDatabaseOptions = {}): {
  readonly url: string;
  readonly name: string;
} {
  let made: TestDatabase | undefined;
  beforeAll(async () => {
    made = await createTestDatabase(options);
  });
  afterAll(async () => {
    await made?.drop();
  });
  const current = (): TestDatabase => {
    if (!made) {
      throw new Error("read the test database inside a test or a hook");
    }
    return made;
  };
  return {
    get url(): string {
      return current().url;
    },
    get name(): string {
      return current().name;
    },
  };
}

async function onServer(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
