import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fill, fixture, type Fixture, startInstance } from "./instance.ts";
import type { Finding } from "./measure.ts";
import { haveTools } from "./nginx.ts";
import { runWrk, showWrk } from "./wrk.ts";

/** Records of which any is asked for next; memory of one megabyte holds one of a hundred. */
const RECORDS = 100_000;

/** Records by id, nearly none of which is in memory: load generator, server and database share the machine. */
export async function benchPointRead(): Promise<readonly Finding[]> {
  if (!(await haveTools("wrk"))) {
    return [];
  }
  const instance = await startInstance({ env: { BASALT_HOT_CACHE_MB: "1" } });
  const folder = await mkdtemp(join(tmpdir(), "basalt-ids-"));
  try {
    const data = await fixture(instance.url);
    await fill(instance.url, data, RECORDS);
    const file = join(folder, "ids");
    await writeFile(file, (await idsOf(instance.url, data, RECORDS)).join("\n"));
    const authorization = `Bearer ${data.key}`;
    // A file, because a script holds no more than 65,536 constants.
    const script = `
local ids = {}
for id in io.lines("${file}") do ids[#ids + 1] = id end
request = function()
  return wrk.format("GET", "/v0/${data.baseId}/${data.tableId}/" .. ids[math.random(#ids)])
end
`;
    const target = { url: instance.url, authorization, pid: instance.pid, script };
    await runWrk(target, 3);
    const before = await hitsOf(instance.url);
    const runs = [await runWrk(target, 4), await runWrk(target, 4), await runWrk(target, 4)];
    const after = await hitsOf(instance.url);
    const [, run] = runs.toSorted((a, b) => a.perSecond - b.perSecond);
    if (run === undefined) {
      throw new Error("nothing was measured");
    }
    const hits = (after.hit - before.hit) / (after.all - before.all);
    return [
      {
        what: `uncached point reads a second (${(hits * 100).toFixed(1)} % of them from memory)`,
        figure: String(Math.round(run.perSecond)),
        bar: "≥ 15,000",
        met: run.perSecond >= 15_000,
        raw: showWrk("Basalt", run),
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
    await instance.stop();
  }
}

/** Reads of records that were counted, and those of them that memory answered. */
async function hitsOf(url: string): Promise<{ readonly hit: number; readonly all: number }> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const [hit = 0, ...others] = ["hit", "miss", "coalesced"].map((result) =>
    Number(
      new RegExp(`hot_reads_total\\{cache="record",result="${result}"\\} (\\d+)`).exec(text)?.[1] ??
        0,
    ),
  );
  return { hit, all: others.reduce((sum, count) => sum + count, hit) };
}

/** Ids of the first records of a table. */
export async function idsOf(
  url: string,
  { key, baseId, tableId }: Fixture,
  count = 5_000,
): Promise<string[]> {
  const ids: string[] = [];
  let offset = "";
  while (ids.length < count) {
    const search = `pageSize=1000&fields[]=Name&offset=${encodeURIComponent(offset)}`;
    const answer = await fetch(`${url}/v0/${baseId}/${tableId}?${search}`, {
      headers: { authorization: `Bearer ${key}`, "x-basalt-limits": "extended" },
    });
    const page = (await answer.json()) as { records: { id: string }[]; offset?: string };
    ids.push(...page.records.map(({ id }) => id));
    if (page.offset === undefined) {
      break;
    }
    ({ offset } = page);
  }
  return ids;
}
