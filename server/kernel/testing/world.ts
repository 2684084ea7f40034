import { afterAll, beforeAll } from "vitest";
import { databaseScripts } from "../../database-scripts.ts";
import { modules } from "../../modules.ts";
import type { Config } from "../config.ts";
import { migrate } from "../db/migrate.ts";
import { openDatabase, type Database } from "../db/postgres.ts";
import type { Egress } from "../egress/egress.ts";
import { silentLog } from "../log.ts";
import type { Mailer, MailMessage } from "../mail.ts";
import type { Metrics } from "../metrics.ts";
import type { ObjectStore } from "../object-store.ts";
import { Parts } from "../parts.ts";
import { PgSignals } from "../pg-signals.ts";
import { newProcessId } from "../processes.ts";
import { SideConnection } from "../db/side-connection.ts";
import { systemScope, type Actor, type Scope, type World } from "../scope.ts";
import { testConfig } from "./config.ts";
import { createTestDatabase, type TestDatabase } from "./test-database.ts";

/** A world on a migrated database of its own, and what a test may look at or set. */
export interface TestWorld extends World {
  readonly db: Database;
  readonly url: string;
  /** Mail that was "sent". */
  readonly outbox: MailMessage[];
  /** Moves the clock; null lets it run. */
  setClock(at: Date | null): void;
  /** A scope for somebody. */
  scopeFor(actor: Actor, more?: Partial<Scope>): Scope;
  /** A scope that may do everything. */
  readonly system: Scope;
  close(): Promise<void>;
}

export interface TestWorldOptions {
  readonly config?: Partial<Config>;
  readonly egress?: Egress;
  readonly store?: ObjectStore;
  /** Another world on a database that exists: a second process. */
  readonly url?: string;
}

/**
 * A migrated database and a world on it for the tests of a file: opened before the first, closed after the last.
 *
 *     const world = testWorld();
 *     test("…", async () => { await createWorkspace(world().scopeFor(actor), { name: "A" }); });
 */
export function testWorld(options: TestWorldOptions = {}): () => TestWorld {
  let world: TestWorld | undefined;
  beforeAll(async () => {
    world = await openTestWorld(options);
  });
  afterAll(async () => {
    await world?.close();
  });
  return () => {
    if (world === undefined) {
      throw new Error("read the test world inside a test or a hook");
    }
    return world;
  };
}

/** The same for a test that opens and closes its world itself. */
export async function openTestWorld(options: TestWorldOptions = {}): Promise<TestWorld> {
  const database = options.url === undefined ? await createTestDatabase() : undefined;
  const url = options.url ?? (database as TestDatabase).url;
  await migrate(url, Object.keys(modules), databaseScripts());
  const db = openDatabase({ url, poolMax: 6, statementTimeoutMs: 15_000, acquireTimeoutMs: 5_000 });
  const side = new SideConnection({ url, log: silentLog });
  const processId = newProcessId();
  const signals = new PgSignals({ processId, side, log: silentLog });
  await side.open();
  await signals.open();
  let clock: Date | null = null;
  const outbox: MailMessage[] = [];
  const parts = new Parts();
  const world: World = {
    config: { ...testConfig, ...options.config },
    db,
    log: silentLog,
    metrics: silentMetrics,
    signals,
    egress: options.egress ?? closedEgress,
    store: options.store ?? memoryStore(),
    mail: collectingMailer(outbox),
    parts,
    now: () => clock ?? new Date(),
  };
  parts.attach(world);
  return {
    ...world,
    db,
    url,
    outbox,
    setClock: (at) => {
      clock = at;
    },
    scopeFor: (actor, more = {}) => ({
      ...systemScope(world, "test"),
      actor,
      source: "api",
      ...more,
    }),
    system: systemScope(world, "test"),
    close: async () => {
      await signals.close();
      await side.close();
      await db.close();
      await database?.drop();
    },
  };
}

const closedEgress: Egress = {
  send: async () => {
    throw new Error("this test world has no way out; give it an egress client");
  },
  close: async () => undefined,
};

const silentMetrics: Metrics = {
  counter: () => ({ inc: () => undefined, of: () => ({ inc: () => undefined }) }),
  gauge: () => ({ set: () => undefined }),
  histogram: () => ({
    observe: () => undefined,
    of: () => ({ observe: () => undefined }),
  }),
  expose: async () => ({ text: "", contentType: "text/plain" }),
};

function collectingMailer(outbox: MailMessage[]): Mailer {
  return {
    send: async (message) => {
      outbox.push(message);
    },
    close: async () => undefined,
  };
}

/** An object store in memory, for tests that are not about files. */
export function memoryStore(): ObjectStore {
  const kept = new Map<string, Uint8Array>();
  return {
    put: async (key, bytes) => {
      const chunks = bytes instanceof Uint8Array ? [bytes] : await Array.fromAsync(bytes);
      kept.set(key, Buffer.concat(chunks));
    },
    get: async (key, range) => {
      const bytes = kept.get(key);
      return bytes === undefined
        ? undefined
        : stream(range === undefined ? bytes : bytes.subarray(range.start, range.end + 1));
    },
    size: async (key) => kept.get(key)?.length,
    delete: async (key) => {
      kept.delete(key);
    },
  };
}

async function* stream(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
