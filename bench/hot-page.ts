import { fill, type Fixture, type Instance } from "./instance.ts";
import type { Finding } from "./measure.ts";
import { haveTools, startNginx } from "./nginx.ts";
import { alternateWrk, showWrk } from "./wrk.ts";

/** A page of 100 records that is in memory, read by somebody with a token, against nginx that serves the same bytes from a file. */
export async function benchHotPage(instance: Instance, data: Fixture): Promise<readonly Finding[]> {
  if (!(await haveTools("nginx", "wrk"))) {
    return [];
  }
  await fill(instance.url, data, 200);
  const authorization = `Bearer ${data.key}`;
  const url = `${instance.url}/v0/${data.baseId}/${data.tableId}?pageSize=100`;
  const answer = await fetch(url, { headers: { authorization, "accept-encoding": "identity" } });
  const page = Buffer.from(await answer.arrayBuffer());
  const nginx = await startNginx({ text: "", authorization, page });
  try {
    const { basalt, nginx: other } = await alternateWrk(
      {
        basalt: { url, authorization, pid: instance.pid },
        nginx: { url: `${nginx.url}/page.json`, authorization, pid: nginx.pid },
      },
      { seconds: 2, rounds: 5 },
    );
    if (basalt === undefined || other === undefined) {
      throw new Error("nothing was measured");
    }
    const ratio = basalt.perSecond / other.perSecond;
    return [
      {
        what: `cached page of 100 (${page.length} bytes) ÷ nginx serving it as a file`,
        figure: ratio.toFixed(2),
        bar: "≥ 0.45",
        met: ratio >= 0.45,
        raw: `${showWrk("Basalt", basalt)}, ${Math.round(basalt.bytes)} bytes with its head; ${showWrk("nginx", other)}, ${Math.round(other.bytes)} bytes`,
      },
    ];
  } finally {
    await nginx.stop();
  }
}
