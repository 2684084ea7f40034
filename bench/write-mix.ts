import { fill, type Fixture, type Instance } from "./instance.ts";
import type { Finding } from "./measure.ts";
import { haveTools } from "./nginx.ts";
import { idsOf } from "./point-read.ts";
import { alternateWrk, showWrk } from "./wrk.ts";

/** Records of which the requests are about: some are hot, as in life. */
const RECORDS = 500;

/**
 * Records read by four of five connections while the fifth writes single records of the same table as fast as it is let, against
 * the same readers alone.
 */
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
  const place = `
local ids = {${ids.map((id) => `"${id}"`).join(",")}}
local path = function() return "/v0/${data.baseId}/${data.tableId}/" .. ids[math.random(#ids)] end
`;
  const readers = {
    url: instance.url,
    authorization,
    pid: instance.pid,
    connections: 52,
    script: `${place} request = function() return wrk.format("GET", path()) end`,
  };
  const writers = {
    ...readers,
    connections: 13,
    script: `${place}
wrk.headers["Content-Type"] = "application/json"
request = function()
  return wrk.format("PATCH", path(), nil, '{"fields":{"Name":"mixed ' .. math.random(1000000) .. '"}}')
end`,
  };
  const { alone, mixed } = await alternateWrk(
    { alone: readers, mixed: { ...readers, beside: writers } },
    { seconds: 3, rounds: 3 },
  );
  if (alone === undefined || mixed === undefined) {
    throw new Error("nothing was measured");
  }
  const ratio = mixed.perSecond / alone.perSecond;
  return [
    {
      what: "reads while a fifth of the connections writes ÷ reads alone",
      figure: ratio.toFixed(2),
      bar: "≥ 0.6",
      met: ratio >= 0.6,
      raw: `${showWrk("alone", alone)}; ${showWrk("mixed", mixed)}, beside ${Math.round(mixed.besidePerSecond)} writes/s`,
    },
  ];
}
