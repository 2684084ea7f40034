import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Answer, call } from "./api.ts";
import { type JourneyServer, openJourneyServer } from "./journey-server.ts";
import { startServer } from "./server-process.ts";
import {
  type Load,
  type Seen,
  startLoad,
  startToyService,
  type ToyService,
} from "./toy-service.ts";

const program = fileURLToPath(new URL("../cli/main.ts", import.meta.url));

let folder: string;
let file: string;
let old: ToyService;
let fresh: ToyService;
let running: JourneyServer & { close(): Promise<void> };
let load: Load;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "basalt-cut-over-"));
  file = path.join(folder, "gateway.yaml");
  old = await startToyService("old");
  fresh = await startToyService("new");
  await writeFile(file, yaml(100, 0));
  running = await openJourneyServer({ env: { BASALT_GATEWAY_FILE: file } });
  load = startLoad(running.url);
}, 180_000);

afterAll(async () => {
  await load?.stop();
  // The one that was started again; then the one that the journey began with, and its data.
  await running?.server.end("SIGTERM");
  await running?.close();
  await old?.close();
  await fresh?.close();
  await rm(folder, { recursive: true });
}, 60_000);

const yaml = (toOld: number, toNew: number): string => `
upstreams:
  old: { url: "${old.url}" }
  new: { url: "${fresh.url}" }
routes:
  - name: things
    path: /things
    sticky: cookie
    to: [{ upstream: old, weight: ${toOld} }, { upstream: new, weight: ${toNew} }]
    cutOver: { from: old, to: new, rollback: { windowMs: 5000, requestsMin: 30 } }
`;

const say = (body: unknown): Promise<Answer> =>
  call(`${running.url}/api/v1/admin/gateway/routes/things/changes`, {
    body,
    token: running.owner.session,
  });

/** The command line, beside the server. */
async function command(...words: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", program, "gateway", ...words],
    {
      env: {
        PATH: process.env["PATH"] ?? "",
        BASALT_DATA_DIR: running.server.dataDir,
        BASALT_GATEWAY_FILE: file,
        ...(running.databaseUrl === undefined ? {} : { DATABASE_URL: running.databaseUrl }),
      },
    },
  );
  return stdout.trim();
}

/** Runs the load for so many requests and tells what it saw. */
async function watch(step: string, requests = 600): Promise<Seen> {
  load.take();
  await load.more(requests);
  const seen = load.take();
  const { old: toOld = 0, new: toNew = 0 } = seen.by;
  console.log(
    `${step.padEnd(34)} ${seen.requests} requests: ${toOld} old, ${toNew} new, ${seen.failed.length} failed`,
  );
  return seen;
}

const percentOfNew = ({ by, requests }: Seen): number => (100 * (by["new"] ?? 0)) / requests;

test("10, 50, 100 % by command, by API and by file, and back, without a failed request", async () => {
  expect(percentOfNew(await watch("before"))).toBe(0);

  expect(await command("cut-over", "things", "10")).toBe(
    "things: old 90, new 10 (command: cut over to 10 %)",
  );
  const at10 = await watch("10 % by command", 2_000);
  expect(percentOfNew(at10)).toBeGreaterThan(3);
  expect(percentOfNew(at10)).toBeLessThan(20);

  expect((await say({ act: "cut-over", percent: 50 })).status).toBe(200);
  const at50 = await watch("50 % by API", 2_000);
  expect(percentOfNew(at50)).toBeGreaterThan(35);
  expect(percentOfNew(at50)).toBeLessThan(65);
  for (const [user, service] of at10.users) {
    if (service === "new" && at50.users.has(user)) {
      expect(at50.users.get(user), `user ${user} stays on the new one`).toBe("new");
    }
  }

  await writeFile(file, yaml(0, 100));
  await expect.poll(async () => percentOfNew(await watch("… waiting for the file", 100))).toBe(100);
  const at100 = await watch("100 % by file");
  expect(percentOfNew(at100)).toBe(100);

  const from = performance.now();
  expect((await say({ act: "roll-back" })).status).toBe(200);
  const backMs = performance.now() - from;
  // What was on its way when the change was answered may still come from the new one.
  await load.more(16);
  const back = await watch(`back after ${Math.round(backMs)} ms`);
  expect(percentOfNew(back)).toBe(0);
  for (const seen of [at10, at50, at100, back]) {
    expect(seen.failed).toEqual([]);
  }
});

test("blue-green: all at once and back, without a failed request", async () => {
  for (const expected of [100, 0, 100, 0]) {
    const from = performance.now();
    await say({ act: "switch" });
    const tookMs = performance.now() - from;
    await load.more(16);
    const seen = await watch(`switched in ${Math.round(tookMs)} ms`, 300);
    expect(percentOfNew(seen)).toBe(expected);
    expect(seen.failed).toEqual([]);
    expect(tookMs).toBeLessThan(5_000);
  }
});

test("what was said holds over a restart", async () => {
  await say({ act: "switch", to: "new" });
  await load.stop();
  await running.server.end("SIGTERM");
  const { dataDir, port } = running.server;
  const server = await startServer({
    dataDir,
    port,
    databaseUrl: running.databaseUrl,
    env: { BASALT_GATEWAY_FILE: file },
  });
  running = { ...running, server, url: server.url };
  load = startLoad(running.url);
  expect(percentOfNew(await watch("after a restart", 300))).toBe(100);
  expect(await command("roll-back", "things")).toContain("old 100, new 0");
});

test("a new service that fails, or is slow, is left by itself", async () => {
  for (const harm of ["failing", "slow"] as const) {
    await watch(`${harm}: the old one is measured`);
    await say({ act: "cut-over", percent: 50 });
    await watch(`${harm}: 50 %, all is well`);
    fresh.failing = harm === "failing";
    fresh.slowerMs = harm === "slow" ? 300 : 0;
    const from = performance.now();
    await expect.poll(async () => percentOfNew(await watch(`${harm}: …`, 100))).toBe(0);
    console.log(`${harm}: gone back after ${((performance.now() - from) / 1_000).toFixed(1)} s`);
    fresh.failing = false;
    fresh.slowerMs = 0;
    const seen = await watch(`${harm}: after the roll-back`);
    expect(seen.failed).toEqual([]);
    const shown = await call(`${running.url}/api/v1/admin/gateway`, {
      token: running.owner.session,
    });
    expect(shown.text).toContain("rolled back: ");
  }
});
