import { fill, type Fixture, type Instance } from "./instance.ts";
import type { Finding } from "./measure.ts";
import { haveTools } from "./nginx.ts";
import { idsOf } from "./point-read.ts";
import { alternateWrk, showWrk } from "./wrk.ts";

/** Records of which the requests are about: some are hot, as in life. */
const RECORDS = 500;

/**
 * Records read by four of five connections while the fifth writes single records of the same table as fast as it is answered,
 * against the same readers alone: that is the figure with a bar. Beside it what comes of one write in five requests on each
 * connection, which measures how long a commit takes: who waits for a write reads nothing meanwhile.
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
  const strict = {
    ...readers,
    connections: 65,
    script: `${place}
local turn = 0
request = function()
  turn = turn + 1
  if turn % 5 > 0 then return wrk.format("GET", path()) end
  return wrk.format("PATCH", path(), { ["Authorization"] = "${authorization}", ["Content-Type"] = "application/json" },
    '{"fields":{"Name":"mixed ' .. math.random(1000000) .. '"}}')
end`,
  };
  const { alone, mixed, inTurn } = await alternateWrk(
    { alone: readers, mixed: { ...readers, beside: writers }, inTurn: strict },
    { seconds: 3, rounds: 3 },
  );
  if (alone === undefined || mixed === undefined || inTurn === undefined) {
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
    {
      what: "reads where each connection writes every fifth time and waits for it ÷ reads alone",
      figure: ((inTurn.perSecond * 0.8) / alone.perSecond).toFixed(2),
      bar: "told",
      met: true,
      raw: showWrk("reads and writes", inTurn),
    },
  ];
}
