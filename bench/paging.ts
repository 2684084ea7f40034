import { fill, residentMb, type Fixture, type Instance } from "./instance.ts";
import type { Finding } from "./measure.ts";

const RECORDS = 100_000;
const ROUNDS = 8;

/** 100,000 records × 12 fields listed end to end by offset, as airtable.js does, again and again: time and memory. */
export async function benchPaging(instance: Instance, data: Fixture): Promise<Finding> {
  await fill(instance.url, data, RECORDS);
  const seconds: number[] = [];
  const memory: number[] = [];
  let count = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedMs = performance.now();
    count = await listAll(instance.url, data);
    seconds.push((performance.now() - startedMs) / 1000);
    memory.push(await residentMb(instance.pid));
  }
  const growth = (memory.at(-1) ?? 0) - (memory[1] ?? 0);
  return {
    what: `${count} records × 12 fields listed end to end: growth of memory from the second to the eighth time, MB`,
    figure: growth.toFixed(0),
    bar: "≤ 20",
    met: growth <= 20,
    raw: `seconds ${seconds.map((value) => value.toFixed(1)).join(", ")}; resident MB ${memory.map((value) => value.toFixed(0)).join(", ")}`,
  };
}

async function listAll(url: string, { key, baseId, tableId }: Fixture): Promise<number> {
  let offset: string | undefined;
  let count = 0;
  do {
    const query = offset === undefined ? "" : `&offset=${encodeURIComponent(offset)}`;
    const answer = await fetch(`${url}/v0/${baseId}/${tableId}?pageSize=100${query}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const page = (await answer.json()) as {
      readonly records: readonly unknown[];
      readonly offset?: string;
    };
    count += page.records.length;
    offset = page.offset;
  } while (offset !== undefined);
  return count;
}
