import { afterAll, beforeAll, expect } from "vitest";
import { StatementCount, type Statements } from "../faults/statement-count.ts";
import { openProxy, targetOf, throughProxy, type TcpProxy } from "../faults/tcp-proxy.ts";
import { createTestDatabase, type TestDatabase } from "../server/kernel/testing/test-database.ts";
import { type Call, call, expectOk, type RecordJson } from "./api.ts";
import { type JourneyBase, makeJourneyBase, sampleCells } from "./journey-base.ts";
import { type JourneyServer, openJourneyServer } from "./journey-server.ts";

/** What one endpoint costs, however many things it touches. */
export interface StatementRow {
  readonly name: string;
  /** Statements of one call that read or write; those that open, close and say as whom are not counted. */
  readonly statements: number;
  /** Times that the call waits for the database. */
  readonly roundTrips: number;
  /** How many things the small call and the large one touch. */
  readonly sizes: readonly [number, number];
  prepare(size: number): Promise<Prepared> | Prepared;
}

/** A call as a row asks it. */
export interface Asked extends Call {
  readonly query?: string;
}

/** What a row has made ready. */
export interface Prepared {
  readonly path: string;
  /** Makes what one call needs; its own statements are not counted. */
  next?(): Promise<Asked> | Asked;
}

/** Rounds: caches fill in the first ones, and what runs beside a call now and then must not be counted as its own. */
const rounds = 4;
const control = /^\s*(begin|commit|set local role|reset role)\b/;

/** A server whose statements are counted on their way to the database, and a base on it. */
export class StatementJourney {
  readonly running: JourneyServer;
  readonly base: JourneyBase;
  private readonly count: StatementCount;

  constructor(running: JourneyServer, base: JourneyBase, count: StatementCount) {
    this.running = running;
    this.base = base;
    this.count = count;
  }

  /** Adds records to a table of the base; answers their ids. */
  async fresh(number: number, table = this.base.tasks.id): Promise<string[]> {
    const { running, base } = this;
    const records = Array.from({ length: number }, () => ({
      fields: table === base.tasks.id ? { ...sampleCells, Who: { id: running.owner.id } } : {},
    }));
    const made = call(`${running.url}/v0/${base.id}/${table}`, {
      body: { records },
      token: running.key,
      headers: { "x-basalt-limits": "extended" },
    });
    return (await expectOk<{ records: RecordJson[] }>(made)).records.map(({ id }) => id);
  }

  /** Posts something that a row needs. */
  async setUp(path: string, body: unknown): Promise<void> {
    const { url, owner } = this.running;
    await expectOk(call(`${url}${path}`, { body, token: owner.session }));
  }

  /** Asks small and large, and compares what both cost with what the row says. */
  async expectCost({ prepare, sizes, statements, roundTrips }: StatementRow): Promise<void> {
    const taken: Statements[] = [];
    for (const size of sizes) {
      const { path, next } = await prepare(size);
      taken.push(await this.statementsOf(path, next));
    }
    for (const { texts, roundTrips: waits } of taken) {
      const working = texts.filter((text) => !control.test(text));
      expect([working.length, waits], texts.join("\n")).toEqual([statements, roundTrips]);
    }
  }

  /** The fewest statements that one call took. */
  private async statementsOf(path: string, next: Prepared["next"]): Promise<Statements> {
    const { running, count } = this;
    let fewest: Statements | undefined;
    for (let round = 0; round < rounds; round += 1) {
      const { query = "", ...asked } = (await next?.()) ?? {};
      count.take();
      const answer = await call(`${running.url}${path}${query}`, { token: running.key, ...asked });
      expect(answer.status, answer.text).toBeLessThan(300);
      const taken = count.take();
      if (fewest === undefined || taken.texts.length < fewest.texts.length) {
        fewest = taken;
      }
    }
    return fewest ?? { texts: [], roundTrips: 0 };
  }
}

/** One for the tests of a file: opened before the first, closed after the last. */
export function statementJourney(): () => StatementJourney {
  const count = new StatementCount();
  let database: TestDatabase;
  let proxy: TcpProxy;
  let running: (JourneyServer & { close(): Promise<void> }) | undefined;
  let journey: StatementJourney | undefined;
  beforeAll(async () => {
    database = await createTestDatabase();
    proxy = await openProxy(targetOf(database.url), count.tap);
    running = await openJourneyServer({
      databaseUrl: throughProxy(database.url, proxy),
      // What is ready in memory costs nothing; counted is what it costs to make it.
      env: { BASALT_HOT_CACHE_MB: "0" },
    });
    const base = await makeJourneyBase(running.url, running.key, running.workspaceId);
    journey = new StatementJourney(running, base, count);
  }, 180_000);
  afterAll(async () => {
    await running?.close();
    await proxy?.close();
    await database?.drop();
  }, 60_000);
  return () => {
    if (journey === undefined) {
      throw new Error("read the journey inside a test or a hook");
    }
    return journey;
  };
}
