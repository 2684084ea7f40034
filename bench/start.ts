import { setTimeout as sleep } from "node:timers/promises";
import { fixture, type Instance, residentMb, startInstance } from "./instance.ts";
import type { Finding } from "./measure.ts";

const ROUNDS = Number(process.env["BENCH_START_ROUNDS"] ?? 3);
const API_STARTS = 6;
/** After this, what a start leaves behind has been collected and given back. */
const SETTLE_MS = 30_000;

/** First run on an empty directory; starts on data to the first answered API call; memory at rest. */
export async function benchStart(): Promise<Finding[]> {
  const firsts: number[] = [];
  const agains: number[] = [];
  const idle: number[] = [];
  const api: Starts = { answeredMs: [], idleMb: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const first = await startInstance({ keep: true });
    firsts.push(first.readyMs);
    const { key } = await fixture(first.url);
    await first.stop();
    const again = await startInstance({ dataDir: first.dataDir });
    agains.push(again.readyMs + (await answered(again.url, key)));
    if (round === 0) {
      await sleep(SETTLE_MS);
      idle.push(await residentMb(again.pid));
    }
    await startApis(again, key, api);
    await again.stop();
  }
  return [
    finding("first run on an empty directory to ready, ms", { values: firsts, max: 5_000 }),
    finding("start on existing data to the first answered API call, ms", {
      values: agains,
      max: 600,
    }),
    finding("api process on an outside database, start to the first answered API call, ms", {
      values: api.answeredMs,
      max: 400,
    }),
    finding("idle resident memory of one process with every role, MB", { values: idle, max: 120 }),
    finding("idle resident memory of an api process, MB", { values: api.idleMb, max: 120 }),
  ];
}

interface Starts {
  readonly answeredMs: number[];
  readonly idleMb: number[];
}

/** Processes with the role `api` alone, on the database of an instance that runs. */
async function startApis(instance: Instance, key: string, starts: Starts): Promise<void> {
  for (let turn = 0; turn < API_STARTS / ROUNDS; turn += 1) {
    const one = await startInstance({
      dataDir: instance.dataDir,
      keep: true,
      env: { DATABASE_URL: instance.databaseUrl, BASALT_ROLES: "api" },
    });
    starts.answeredMs.push(one.readyMs + (await answered(one.url, key)));
    if (starts.idleMb.length === 0) {
      await sleep(SETTLE_MS);
      starts.idleMb.push(await residentMb(one.pid));
    }
    await one.stop();
  }
}

/** How long the first call takes, milliseconds. */
async function answered(url: string, key: string): Promise<number> {
  const startedMs = performance.now();
  const answer = await fetch(`${url}/v0/meta/bases`, {
    headers: { authorization: `Bearer ${key}` },
  });
  if (!answer.ok) {
    throw new Error(`the first call was answered with ${answer.status}`);
  }
  await answer.arrayBuffer();
  return performance.now() - startedMs;
}

function finding(
  what: string,
  { values, max }: { readonly values: number[]; readonly max: number },
): Finding {
  const middle = values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  return {
    what,
    figure: middle.toFixed(0),
    bar: `≤ ${max}`,
    met: middle <= max,
    raw: values.map((value) => value.toFixed(0)).join(", "),
  };
}
