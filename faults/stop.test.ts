import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { openJourneyServer } from "../journeys/journey-server.ts";
import { startServer } from "../journeys/server-process.ts";
import { Ledger } from "./ledger.ts";
import { Seeded } from "./seeded.ts";
import { look, makeTarget } from "./target.ts";
import { Writers } from "./workload.ts";

const stopMaxMs = 10_000;

test("SIGTERM under load: what was accepted is answered, the end is clean and comes in time", async () => {
  const running = await openJourneyServer();
  const { server, key, workspaceId, url } = running;
  const target = await makeTarget([url], { key, workspaceId });
  const ledger = new Ledger();
  const writers = new Writers(target, ledger, new Seeded(3));
  writers.start(8, "w");
  await sleep(1_000);
  const ending = await server.end("SIGTERM");
  await writers.stop();
  expect(ending).toMatchObject({ code: 0, signal: null });
  expect(ending.tookMs).toBeLessThan(stopMaxMs);
  const again = await startServer({
    dataDir: server.dataDir,
    port: server.port,
    databaseUrl: running.databaseUrl,
  });
  const found = await look(target);
  await again.end("SIGTERM");
  await running.close();
  expect(writers.surprises).toEqual([]);
  expect(ledger.violations(found)).toEqual([]);
  // A write that has no answer was never accepted: then it did not happen.
  const unanswered = ledger.writes.filter(({ outcome }) => outcome === "unknown");
  const there = new Set(found.records.map(({ batch }) => batch));
  const half = unanswered.filter(({ batch, deed }) => deed.kind === "create" && there.has(batch));
  expect(half).toEqual([]);
}, 120_000);
