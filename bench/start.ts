import { setTimeout as sleep } from "node:timers/promises";
import { fixture, residentMb, startInstance } from "./instance.ts";
import type { Finding } from "./measure.ts";

/** First run on an empty directory; start on data to the first answered API call; memory at rest. */
export async function benchStart(): Promise<Finding[]> {
  const firsts: number[] = [];
  const agains: number[] = [];
  const idle: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const first = await startInstance({ keep: true });
    firsts.push(first.readyMs);
    const { key } = await fixture(first.url);
    await first.stop();
    const startedMs = performance.now();
    const again = await startInstance({ dataDir: first.dataDir });
    const answer = await fetch(`${again.url}/v0/meta/bases`, {
      headers: { authorization: `Bearer ${key}` },
    });
    if (!answer.ok) {
      throw new Error(`the first call was answered with ${answer.status}`);
    }
    agains.push(performance.now() - startedMs);
    await sleep(3_000);
    idle.push(await residentMb(again.pid));
    await again.stop();
  }
  return [
    finding("first run on an empty directory to ready, ms", { values: firsts, max: 5_000 }),
    finding("start on existing data to the first answered API call, ms", {
      values: agains,
      max: 1_500,
    }),
    finding("idle resident memory of the Node process, MB", { values: idle, max: 150 }),
  ];
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
