import { fill, type Fixture, type Instance } from "./instance.ts";
import type { Finding } from "./measure.ts";
import { haveTools } from "./nginx.ts";
import { idsOf } from "./point-read.ts";
import { alternateWrk, showWrk } from "./wrk.ts";

/** Records of which the requests are about: some are hot, as in life. */
const RECORDS = 500;

/** Reads of records with a write for every four of them, against reads alone; what counts is the rate of the reads. */
export async function benchWriteMix(
  instance: Instance,
  data: Fixture,
): Promise<readonly Finding[]> {
  if (!(await haveTools("wrk"))) {
    return [];
  }
  await fill(instance.url, data, 1_000);
  const ids = (await idsOf(instance.url, data)).slice(0, RECORDS);
  const authorization = `Bearer ${data.key}`;
  const script = (writes: number): string => `
local ids = {${ids.map((id) => `"${id}"`).join(",")}}
local json = { ["Content-Type"] = "application/json", ["Authorization"] = "${authorization}" }
request = function()
  local path = "/v0/${data.baseId}/${data.tableId}/" .. ids[math.random(#ids)]
  if math.random() < ${writes} then
    return wrk.format("PATCH", path, json, '{"fields":{"Name":"mixed ' .. math.random(1000000) .. '"}}')
  end
  return wrk.format("GET", path)
end
`;
  const target = { url: instance.url, authorization, pid: instance.pid };
  const { reads, mixed } = await alternateWrk(
    {
      reads: { ...target, script: script(0) },
      mixed: { ...target, script: script(0.2) },
    },
    { seconds: 3, rounds: 3 },
  );
  if (reads === undefined || mixed === undefined) {
    throw new Error("nothing was measured");
  }
  const readsOfMix = mixed.perSecond * 0.8;
  const ratio = readsOfMix / reads.perSecond;
  return [
    {
      what: "reads of a mix with 20 % writes ÷ reads alone",
      figure: ratio.toFixed(2),
      bar: "≥ 0.6",
      met: ratio >= 0.6,
      raw: `${showWrk("reads", reads)}; ${showWrk("mixed", mixed)}`,
    },
  ];
}
