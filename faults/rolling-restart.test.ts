import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { call } from "../journeys/api.ts";
import { type JourneyServer, openJourneyServer } from "../journeys/journey-server.ts";
import { startServer } from "../journeys/server-process.ts";
import { type LoadCall, SteadyLoad } from "./steady-load.ts";
import { makeTarget } from "./target.ts";

/** More rounds by hand: `ROLLING_ROUNDS=50`. */
const rounds = Number(process.env["ROLLING_ROUNDS"] ?? 3);
const stopMaxMs = 25_000;

async function callsOn({ url, key, workspaceId }: JourneyServer): Promise<readonly LoadCall[]> {
  const { baseId, tableId } = await makeTarget([url], { key, workspaceId });
  const body = JSON.stringify({ records: [{ fields: { Batch: "load", Value: 1 } }] });
  return [
    { path: `/v0/${baseId}/${tableId}?maxRecords=3`, key },
    { path: "/v0/meta/bases", key },
    { path: `/v0/${baseId}/${tableId}`, method: "POST", body, key },
  ];
}

test("every process is replaced under load, again and again: no request fails", async () => {
  const running = await openJourneyServer({ env: { BASALT_PROCESSES: "2" } });
  const { server, url } = running;
  const load = new SteadyLoad();
  load.start(() => url, { kept: 4, fresh: 4, calls: await callsOn(running) });
  const replaced = (): number =>
    server.lines.filter((line) => line === "Every process has been replaced.").length;
  for (let round = 1; round <= rounds; round += 1) {
    process.kill(server.pid, round % 2 === 0 ? "SIGHUP" : "SIGUSR2");
    await expect.poll(replaced, { timeout: 120_000 }).toBe(round);
  }
  await load.stop();
  await running.close();
  expect(load.failures).toEqual([]);
  expect(load.answered).toBeGreaterThan(100);
}, 600_000);

test("a child is killed under load: what ran in it is lost, the port never closes, and another takes its place", async () => {
  const running = await openJourneyServer({ env: { BASALT_PROCESSES: "2" } });
  const { url } = running;
  const figures = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
  const pidOf = async (place: string): Promise<number> =>
    Number(
      new RegExp(`^processes_pid\\{.*place="${place}".*\\} (\\d+)$`, "m").exec(
        await figures(),
      )?.[1],
    );
  const load = new SteadyLoad();
  load.start(() => url, { kept: 2, fresh: 6, calls: await callsOn(running) });
  const victim = await pidOf("1");
  expect(victim).toBeGreaterThan(1);
  process.kill(victim, "SIGKILL");
  await sleep(3_000);
  await expect.poll(() => pidOf("1"), { timeout: 60_000 }).not.toBe(victim);
  expect(await pidOf("2")).toBeGreaterThan(1);
  await load.stop();
  await running.close();
  // At most what each of the callers had under way; nobody was refused.
  expect(load.failures.length).toBeLessThanOrEqual(8);
  expect(load.failures.filter(({ what }) => what === "ECONNREFUSED")).toEqual([]);
}, 300_000);

test("one of two instances stops behind a balancer: no request fails, and it ends in time", async () => {
  const env = { BASALT_DRAIN_MS: "2000" };
  const running = await openJourneyServer({ env });
  const first = running.server;
  const options = { dataDir: first.dataDir, databaseUrl: running.databaseUrl, env };
  const second = await startServer(options);
  const calls = await callsOn(running);
  // What a balancer does: a look at /ready now and then, and nothing is sent to who says no.
  const urls = [first.url, second.url];
  let good = urls;
  let turn = 0;
  const looking = setInterval(() => {
    Promise.all(urls.map(async (url) => (await call(`${url}/ready`).catch(() => null))?.status))
      .then((statuses) => {
        good = urls.filter((_, at) => statuses[at] === 200);
      })
      .catch(() => undefined);
  }, 250);
  const load = new SteadyLoad();
  load.start(
    () => {
      turn += 1;
      return good[turn % good.length] ?? first.url;
    },
    { kept: 6, fresh: 4, calls },
  );
  await sleep(1_000);
  const ending = await second.end("SIGTERM");
  await sleep(500);
  clearInterval(looking);
  await load.stop();
  await running.close();
  expect(load.failures).toEqual([]);
  expect(ending).toMatchObject({ code: 0, signal: null });
  expect(ending.tookMs).toBeLessThan(stopMaxMs);
  expect(ending.tookMs).toBeGreaterThan(2_000);
}, 300_000);

test("SIGTERM to an instance of several processes ends all of them, and SIGINT does not wait for balancers", async () => {
  const running = await openJourneyServer({
    env: { BASALT_PROCESSES: "2", BASALT_DRAIN_MS: "20000" },
  });
  const ending = await running.server.end("SIGINT");
  expect(ending).toMatchObject({ code: 0 });
  expect(ending.tookMs).toBeLessThan(15_000);
  expect(running.server.postgresPid()).toBeUndefined();
  await running.close();
}, 120_000);
