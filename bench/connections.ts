import { connect, type Socket } from "node:net";
import { fill, fixture, residentMb, startInstance } from "./instance.ts";
import type { Finding } from "./measure.ts";
import { percentile } from "./open-loop.ts";

const CONNECTIONS = Number(process.env["BENCH_CONNECTIONS"] ?? 5_000);
const RATE = Number(process.env["BENCH_RATE"] ?? 5_000);
const SECONDS = 10;
const OPENED_AT_ONCE = 100;

/** Five thousand connections that stay open, each asking for a record about once a second. */
export async function benchConnections(): Promise<readonly Finding[]> {
  const instance = await startInstance();
  try {
    const table = await fixture(instance.url);
    await fill(instance.url, table, 100);
    const { baseId, tableId, key } = table;
    const target = `/v0/${baseId}/${tableId}?pageSize=1`;
    const request = `GET ${target} HTTP/1.1\r\nhost: a.test\r\nauthorization: Bearer ${key}\r\n\r\n`;
    const lines = await openLines(Number(new URL(instance.url).port));
    const idleMb = await residentMb(instance.pid);
    await send(lines, { request, rate: RATE, seconds: 3 });
    const times = await send(lines, { request, rate: RATE, seconds: SECONDS });
    const busyMb = await residentMb(instance.pid);
    lines.forEach(({ socket }) => socket.destroy());
    const p99 = percentile(times, 0.99);
    const answered = times.length / SECONDS;
    const raw = `${lines.length} connections, ${Math.round(answered)}/s answered, p50 ${percentile(times, 0.5).toFixed(1)} ms`;
    return [
      {
        what: `${CONNECTIONS} open connections at ${RATE} requests/s, p99 ms`,
        figure: p99.toFixed(1),
        bar: "≤ 50",
        met: p99 <= 50 && answered >= RATE * 0.99,
        raw,
      },
      {
        what: "resident memory with them, MB",
        figure: busyMb.toFixed(0),
        bar: "≤ 250",
        met: busyMb <= 250,
        raw: `${idleMb.toFixed(0)} before the first request`,
      },
    ];
  } finally {
    await instance.stop();
  }
}

interface Line {
  readonly socket: Socket;
  /** When the requests that are under way were due. */
  readonly due: number[];
  told: (ms: number) => void;
}

async function openLines(port: number): Promise<Line[]> {
  const lines: Line[] = [];
  while (lines.length < CONNECTIONS) {
    const some = Array.from({ length: OPENED_AT_ONCE }, () => openLine(port));
    lines.push(...(await Promise.all(some)));
  }
  return lines;
}

function openLine(port: number): Promise<Line> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    const line: Line = { socket, due: [], told: () => undefined };
    // Answers are small: one piece each, and a head is counted where two come together.
    socket.on("data", (chunk: Buffer) => {
      for (
        let at = chunk.indexOf("HTTP/1.1 200");
        at !== -1;
        at = chunk.indexOf("HTTP/1.1 200", at + 1)
      ) {
        line.told(performance.now() - (line.due.shift() ?? 0));
      }
    });
    socket.once("connect", () => resolve(line));
    socket.once("error", reject);
  });
}

async function send(
  lines: readonly Line[],
  {
    request,
    rate,
    seconds,
  }: { readonly request: string; readonly rate: number; readonly seconds: number },
): Promise<number[]> {
  const times: number[] = [];
  lines.forEach((line) => {
    line.told = (ms) => times.push(ms);
  });
  const total = rate * seconds;
  const fromMs = performance.now();
  let turn = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      // The first is due at once.
      const due = Math.min(total, 1 + Math.floor(((performance.now() - fromMs) / 1_000) * rate));
      for (; turn < due; turn += 1) {
        const line = lines[turn % lines.length];
        line?.due.push(fromMs + (turn / rate) * 1_000);
        line?.socket.write(request);
      }
      if (turn >= total) {
        clearInterval(timer);
        resolve();
      }
    }, 1);
  });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  return times;
}
