import { fill, type Fixture, type Instance } from "./instance.ts";
import type { Finding } from "./measure.ts";
import { haveTools } from "./nginx.ts";
import { runWrk, showWrk } from "./wrk.ts";

/** Records by id, none of which is in memory: load generator, server and database share the machine. */
export async function benchPointRead(
  instance: Instance,
  data: Fixture,
): Promise<readonly Finding[]> {
  if (!(await haveTools("wrk"))) {
    return [];
  }
  const records = 10_000;
  await fill(instance.url, data, records);
  const ids = await idsOf(instance.url, data);
  const authorization = `Bearer ${data.key}`;
  const path = `/v0/${data.baseId}/${data.tableId}`;
  // A parameter that nobody knows makes each request another one, so that memory has none of them.
  const script = `
local ids = {${ids.map((id) => `"${id}"`).join(",")}}
local turn = 0
request = function()
  turn = turn + 1
  return wrk.format("GET", "${path}/" .. ids[math.random(#ids)] .. "?turn=" .. turn)
end
`;
  const target = { url: instance.url, authorization, pid: instance.pid, script };
  await runWrk(target, 2);
  const runs = [await runWrk(target, 4), await runWrk(target, 4), await runWrk(target, 4)];
  const [, run] = runs.toSorted((a, b) => a.perSecond - b.perSecond);
  if (run === undefined) {
    throw new Error("nothing was measured");
  }
  return [
    {
      what: "uncached point reads a second",
      figure: String(Math.round(run.perSecond)),
      bar: "≥ 15,000",
      met: run.perSecond >= 15_000,
      raw: showWrk("Basalt", run),
    },
  ];
}

/** Ids of the first records of a table. */
export async function idsOf(url: string, { key, baseId, tableId }: Fixture): Promise<string[]> {
  const ids: string[] = [];
  let offset = "";
  while (ids.length < 5_000) {
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
