import { fill, type Fixture, type Instance } from "./instance.ts";
import type { Finding } from "./measure.ts";
import { haveTools, startNginx } from "./nginx.ts";
import { alternateWrk, showWrk } from "./wrk.ts";

/** A record that is in memory, read by somebody with a token, against nginx that answers the same bytes from its configuration. */
export async function benchHotRecord(
  instance: Instance,
  data: Fixture,
): Promise<readonly Finding[]> {
  if (!(await haveTools("nginx", "wrk"))) {
    return [];
  }
  await fill(instance.url, data, 100);
  const authorization = `Bearer ${data.key}`;
  const headers = { authorization };
  const table = `${instance.url}/v0/${data.baseId}/${data.tableId}`;
  const listed = await fetch(`${table}?maxRecords=1`, { headers });
  const { records } = (await listed.json()) as { records: { id: string }[] };
  const url = `${table}/${records[0]?.id}`;
  const text = await (await fetch(url, { headers })).text();
  const nginx = await startNginx({ text, authorization, page: Buffer.from("{}") });
  try {
    const runs = await alternateWrk(
      {
        basalt: { url, authorization, pid: instance.pid },
        nginx: { url: `${nginx.url}/return`, authorization, pid: nginx.pid },
      },
      { seconds: 2, rounds: 5 },
    );
    const { basalt, nginx: other } = runs;
    if (basalt === undefined || other === undefined) {
      throw new Error("nothing was measured");
    }
    const ratio = basalt.perSecond / other.perSecond;
    return [
      {
        what: `cached record of ${text.length} bytes ÷ nginx return 200 with the same`,
        figure: ratio.toFixed(2),
        bar: "≥ 0.5",
        met: ratio >= 0.5,
        raw: `${showWrk("Basalt", basalt)}; ${showWrk("nginx", other)}`,
      },
    ];
  } finally {
    await nginx.stop();
  }
}
