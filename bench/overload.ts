import {
  fill,
  type Fixture,
  fixture,
  type Instance,
  residentMb,
  startInstance,
} from "./instance.ts";
import type { Finding } from "./measure.ts";
import { openLoop, percentile, type Shot, type Tally } from "./open-loop.ts";
import { watchHealth } from "./watch-health.ts";

/** The rate that is held: answers within this at the 99th of a hundred, and hardly a failure. */
const HELD_P99_MS = Number(process.env["BENCH_HELD_P99_MS"] ?? 50);
const FAILURES_MAX = 0.001;
/** A crowd whose connections are open: how fast new ones are accepted is another question. */
const OPENED = { openFirst: true, connectionsMax: 200 } as const;
const RECORDS = 5_000;
const PROBE_S = Number(process.env["BENCH_PROBE_S"] ?? 3);
/** How long three times that rate is sent, seconds. */
const OVERLOAD_S = Number(process.env["BENCH_OVERLOAD_S"] ?? 20);
const RECOVERY_MAX_S = 10;
const QUIET_RATE = 20;

/** An instance under three times the load that it holds, and a quiet user beside a noisy one. */
export async function benchOverload(): Promise<readonly Finding[]> {
  const instance = await startInstance();
  try {
    const noisy = await fixture(instance.url);
    await fill(instance.url, noisy, RECORDS);
    const quiet = await fixture(instance.url);
    await fill(instance.url, quiet, 200);
    const port = Number(new URL(instance.url).port);
    const capacity = await heldRate(port, noisy);
    console.error(`holds ${capacity}/s`);
    return [
      ...(await overload(instance, { port, capacity, noisy })),
      await fairness(port, { capacity, noisy, quiet }),
    ];
  } finally {
    await instance.stop();
  }
}

/** A page that is in no cache: each asks for something else. */
function page({ key, baseId, tableId }: Fixture, turn: number): string {
  const filter = encodeURIComponent(`{Amount}>${(turn * 7919) % 5_000}.${turn % 1_000}`);
  return `GET /v0/${baseId}/${tableId}?pageSize=100&filterByFormula=${filter} HTTP/1.1\r\nhost: a.test\r\nauthorization: Bearer ${key}\r\n\r\n`;
}

let turns = 0;

function shots(table: Fixture, group = "noisy"): (turn: number) => Shot {
  return () => ({ group, text: page(table, (turns += 1)) });
}

async function heldRate(port: number, table: Fixture): Promise<number> {
  await openLoop({ ...OPENED, port, rate: 100, seconds: PROBE_S, next: shots(table) });
  let [held, broken] = [25, 3_200];
  while (broken / held > 1.15) {
    const rate = Math.round(Math.sqrt(held * broken));
    const tally = one(
      await openLoop({ ...OPENED, port, rate, seconds: PROBE_S, next: shots(table) }),
    );
    const ok = tally.msByStatus.get(200) ?? [];
    const isHeld =
      percentile(ok, 0.99) <= HELD_P99_MS && ok.length >= rate * PROBE_S * (1 - FAILURES_MAX);
    [held, broken] = isHeld ? [rate, broken] : [held, rate];
    await rest(300);
  }
  return held;
}

async function overload(
  { url, pid }: Instance,
  {
    port,
    capacity,
    noisy,
  }: { readonly port: number; readonly capacity: number; readonly noisy: Fixture },
): Promise<readonly Finding[]> {
  const base = one(
    await openLoop({ ...OPENED, port, rate: capacity, seconds: PROBE_S, next: shots(noisy) }),
  );
  const normalP99 = percentile(base.msByStatus.get(200) ?? [], 0.99);
  const before = await residentMb(pid);
  const watch = watchHealth(url, pid);
  const tally = one(
    await openLoop({
      ...OPENED,
      port,
      rate: capacity * 3,
      seconds: OVERLOAD_S,
      next: shots(noisy),
    }),
  );
  const { health, memory } = await watch();
  const ok = tally.msByStatus.get(200) ?? [];
  const refused = [...(tally.msByStatus.get(503) ?? []), ...(tally.msByStatus.get(429) ?? [])];
  const goodput = ok.length / OVERLOAD_S;
  const recoveredS = await recovery(port, capacity, noisy);
  const healthP99 = percentile(health, 0.99);
  const raw = `holds ${capacity}/s (p99 ${normalP99.toFixed(0)} ms); at 3×: ${Math.round(goodput)}/s answered (p50 ${percentile(ok, 0.5).toFixed(0)}, p99 ${percentile(ok, 0.99).toFixed(0)} ms), ${refused.length} refused (p50 ${percentile(refused, 0.5).toFixed(1)}, p99 ${percentile(refused, 0.99).toFixed(0)} ms), ${tally.lost} lost`;
  return [
    finding(
      "goodput at 3× the load that is held",
      goodput / capacity,
      "≥ 0.8",
      goodput / capacity >= 0.8,
      raw,
    ),
    finding(
      "/health under it, p99 ms",
      healthP99,
      "< 100",
      healthP99 < 100,
      `p50 ${percentile(health, 0.5).toFixed(1)}, max ${Math.max(...health).toFixed(0)} ms`,
    ),
    finding(
      "resident memory under it, MB",
      Math.max(...memory),
      "bounded",
      Math.max(...memory) < before + 150,
      `${before.toFixed(0)} before`,
    ),
    finding("normal again after, s", recoveredS, "≤ 5", recoveredS <= 5, `at half the load`),
  ];
}

/** Seconds until a second at half the rate is answered as ever. */
async function recovery(port: number, capacity: number, table: Fixture): Promise<number> {
  const fromMs = performance.now();
  for (;;) {
    const sinceS = (performance.now() - fromMs) / 1_000;
    const rate = Math.max(1, Math.round(capacity / 2));
    const tally = one(await openLoop({ ...OPENED, port, rate, seconds: 1, next: shots(table) }));
    const ok = tally.msByStatus.get(200) ?? [];
    if (sinceS > RECOVERY_MAX_S || (ok.length >= rate && percentile(ok, 0.99) <= 2 * HELD_P99_MS)) {
      return sinceS;
    }
  }
}

async function fairness(
  port: number,
  {
    capacity,
    noisy,
    quiet,
  }: { readonly capacity: number; readonly noisy: Fixture; readonly quiet: Fixture },
): Promise<Finding> {
  const alone: number[] = [];
  const beside: number[] = [];
  const half = Math.round(capacity / 2);
  let refused = 0;
  /** Two callers, each with connections of its own. */
  const both = async (rate: number): Promise<Tally> => {
    const [, told] = await Promise.all([
      openLoop({ ...OPENED, port, rate, seconds: 4, next: shots(noisy) }),
      openLoop({ ...OPENED, port, rate: QUIET_RATE, seconds: 4, next: shots(quiet) }),
    ]);
    return one(told);
  };
  for (let round = 0; round < 3; round += 1) {
    alone.push(...((await both(half)).msByStatus.get(200) ?? []));
    const told = await both(10 * half);
    beside.push(...(told.msByStatus.get(200) ?? []));
    refused += (told.msByStatus.get(503)?.length ?? 0) + (told.msByStatus.get(429)?.length ?? 0);
    await rest(500);
  }
  const ratio = percentile(beside, 0.99) / percentile(alone, 0.99);
  return finding(
    "p99 of a quiet user while another sends 10 times its share ÷ while it sends its share",
    ratio,
    "≤ 2",
    ratio <= 2,
    `${percentile(alone, 0.99).toFixed(0)} ms, then ${percentile(beside, 0.99).toFixed(0)} ms (p50 ${percentile(alone, 0.5).toFixed(0)}, ${percentile(beside, 0.5).toFixed(0)}); ${refused} of ${beside.length + refused} refused`,
  );
}

function finding(what: string, figure: number, bar: string, met: boolean, raw: string): Finding {
  return { what, figure: figure.toFixed(2), bar, met, raw };
}

function one(tallies: ReadonlyMap<string, Tally>): Tally {
  return tallies.values().next().value ?? { msByStatus: new Map(), lost: 0 };
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
