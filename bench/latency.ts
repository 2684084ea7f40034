import { cellsOf, fill, type Fixture, fixture, startInstance } from "./instance.ts";
import type { Finding } from "./measure.ts";
import { openLoop, percentile, type Shot, type Tally } from "./open-loop.ts";
import { cpuTicks } from "./wrk.ts";

/** A rate counts as held while 99 of 100 are answered within this. */
const HELD_P99_MS = 50;
const PROBE_S = 3;
const MEASURE_S = 10;
const RECORDS = 10_000;
const SIGN_INS = 20;
/** Linux counts CPU time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

/**
 * Reads and writes of a usual day, at half the rate that is held and at a fixed rate of arrivals: what a caller waits for
 * each, and what it costs of the processor. Of ten requests six read a record, two a page that nobody has asked for yet, one
 * creates and one changes.
 */
export async function benchLatency(): Promise<readonly Finding[]> {
  const instance = await startInstance();
  try {
    const table = await fixture(instance.url);
    await fill(instance.url, table, RECORDS);
    const ids = await someIds(instance.url, table);
    const port = Number(new URL(instance.url).port);
    const next = usualDay(table, ids);
    const held = await heldRate(port, next);
    const rate = Math.round(held / 2);
    const before = await cpuTicks(instance.pid);
    const tallies = await openLoop({ port, rate, seconds: MEASURE_S, next });
    const cpu = ((await cpuTicks(instance.pid)) - before) / TICKS_PER_SECOND / MEASURE_S;
    return [
      ...shown(tallies, `${rate}/s, half of the ${held}/s that are held`),
      {
        what: "CPU of the Node process at that load, share of one core",
        figure: `${Math.round(cpu * 100)} %`,
        bar: "< 30 % of two cores",
        met: cpu / 2 < 0.3,
        raw: `${rate} requests/s`,
      },
      await signIns(instance.url),
    ];
  } finally {
    await instance.stop();
  }
}

function usualDay(table: Fixture, ids: readonly string[]): (turn: number) => Shot {
  const { key, baseId, tableId } = table;
  const head = `host: a.test\r\nauthorization: Bearer ${key}`;
  const written = (method: string, path: string, fields: unknown): string => {
    const body = JSON.stringify({ fields });
    return `${method} ${path} HTTP/1.1\r\n${head}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  };
  const root = `/v0/${baseId}/${tableId}`;
  return (turn) => {
    const id = ids[(turn * 7_919) % ids.length];
    switch (turn % 10) {
      case 3:
      case 7: {
        const filter = encodeURIComponent(`{Amount}>${(turn * 7_919) % RECORDS}.${turn % 1_000}`);
        return {
          group: "list",
          text: `GET ${root}?filterByFormula=${filter} HTTP/1.1\r\n${head}\r\n\r\n`,
        };
      }
      case 5:
        return { group: "create", text: written("POST", root, cellsOf(turn)) };
      case 9:
        return { group: "update", text: written("PATCH", `${root}/${id}`, { Amount: turn }) };
      default:
        return { group: "read", text: `GET ${root}/${id} HTTP/1.1\r\n${head}\r\n\r\n` };
    }
  };
}

async function someIds(url: string, { key, baseId, tableId }: Fixture): Promise<string[]> {
  const answer = await fetch(`${url}/v0/${baseId}/${tableId}?pageSize=1000`, {
    headers: { authorization: `Bearer ${key}`, "x-basalt-limits": "extended" },
  });
  const { records } = (await answer.json()) as { records: { id: string }[] };
  return records.map(({ id }) => id);
}

async function heldRate(port: number, next: (turn: number) => Shot): Promise<number> {
  await openLoop({ port, rate: 200, seconds: PROBE_S, next });
  let [held, broken] = [100, 12_800];
  while (broken / held > 1.2) {
    const rate = Math.round(Math.sqrt(held * broken));
    const tallies = [...(await openLoop({ port, rate, seconds: PROBE_S, next })).values()];
    const times = tallies.flatMap(answered);
    const isHeld = percentile(times, 0.99) <= HELD_P99_MS && times.length >= rate * PROBE_S * 0.999;
    [held, broken] = isHeld ? [rate, broken] : [held, rate];
  }
  return held;
}

function answered({ msByStatus }: Tally): readonly number[] {
  return msByStatus.get(200) ?? [];
}

function shown(tallies: ReadonlyMap<string, Tally>, load: string): readonly Finding[] {
  const all = [...tallies.values()];
  const times = all.flatMap(answered);
  const sent = all.reduce(
    (sum, { msByStatus, lost }) =>
      sum + lost + [...msByStatus.values()].reduce((one, list) => one + list.length, 0),
    0,
  );
  const [p50, p95, p99] = [
    percentile(times, 0.5),
    percentile(times, 0.95),
    percentile(times, 0.99),
  ];
  const each = [...tallies].map(([group, tally]) => {
    const own = answered(tally);
    const parts = [0.5, 0.95, 0.99].map((share) => percentile(own, share).toFixed(1));
    return `${group} ${parts.join("/")}`;
  });
  return [
    {
      what: "latency of the whole path at half load, p50/p95/p99 ms",
      figure: `${p50.toFixed(1)}/${p95.toFixed(1)}/${p99.toFixed(1)}`,
      bar: "< 5/20/50",
      met: p50 < 5 && p95 < 20 && p99 < 50,
      raw: `${load}; ${each.join(", ")}`,
    },
    {
      what: "error rate at half load",
      figure: `${(((sent - times.length) / sent) * 100).toFixed(3)} %`,
      bar: "< 0.1 %",
      met: (sent - times.length) / sent < 0.001,
      raw: `${sent - times.length} of ${sent}`,
    },
  ];
}

async function signIns(url: string): Promise<Finding> {
  const email = `sign-in${Math.random()}@example.com`;
  const password = "a long password";
  const send = (path: string, body: unknown): Promise<Response> =>
    fetch(`${url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  await send("/api/v1/register", { email, password, name: "Bench" });
  const times: number[] = [];
  for (let turn = 0; turn < SIGN_INS; turn += 1) {
    const fromMs = performance.now();
    const answer = await send("/api/v1/login", { email, password });
    await answer.text();
    if (answer.ok) {
      times.push(performance.now() - fromMs);
    }
  }
  const p50 = percentile(times, 0.5);
  return {
    what: "sign-in, ms (argon2id is meant to be slow)",
    figure: p50.toFixed(1),
    bar: "≤ 60",
    met: p50 <= 60 && times.length === SIGN_INS,
    raw: `p95 ${percentile(times, 0.95).toFixed(1)} ms of ${times.length}`,
  };
}
