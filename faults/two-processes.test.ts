import { expect, test } from "vitest";
import { makeKey, makeWorkspace, register } from "../journeys/api.ts";
import { outsideDatabase } from "../journeys/journey-server.ts";
import { startServer } from "../journeys/server-process.ts";
import { Ledger } from "./ledger.ts";
import { Seeded } from "./seeded.ts";
import { look, makeTarget } from "./target.ts";
import { replay, Writers } from "./workload.ts";

test("two processes write one base: its transactions are numbered without gaps", async () => {
  const database = await outsideDatabase();
  const first = await startServer({ databaseUrl: database?.url });
  // The embedded database is shared through the data directory, an outside one by its address.
  const second = await startServer({ dataDir: first.dataDir, databaseUrl: database?.url });
  try {
    const { session } = await register(first.url, "owner");
    const workspaceId = await makeWorkspace(first.url, session, "Faults");
    const { key } = await makeKey(first.url, session);
    const target = await makeTarget([first.url, second.url], { key, workspaceId });
    const ledger = new Ledger();
    const writers = new Writers(target, ledger, new Seeded(1));
    writers.start(8, "w", 1_000);
    await writers.ended();
    expect([...writers.statuses]).toEqual([[200, writers.sent]]);
    const found = await look(target);
    expect(ledger.violations(found)).toEqual([]);
    const txns = new Set(ledger.writes.map(({ txn }) => txn));
    expect(txns.size).toBe(writers.sent);
    // What one process answered, the other one gives again.
    const other = { ...target, urls: [second.url] } as const;
    const again = await replay(other, ledger, new Seeded(2));
    expect(again.wrong).toEqual([]);
    expect(again.count).toBeGreaterThan(0);
  } finally {
    await second.end("SIGTERM");
    await first.destroy();
    await database?.drop();
  }
}, 120_000);
