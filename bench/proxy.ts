import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { startInstance } from "./instance.ts";
import type { Finding } from "./measure.ts";
import { haveTools, startNginx } from "./nginx.ts";
import { alternateWrk, showWrk } from "./wrk.ts";

/** Bytes of the answer that is passed on: a record or a small page. */
const ANSWER_BYTES = 1_000;
/** Of the bare proxy. */
const BARE_PORT = 19_777;
const authorization = "Bearer the upstream's own";

/** Requests that are passed on to the same upstream by Basalt and by nginx: what each of them costs the proxy. */
export async function benchProxy(): Promise<readonly Finding[]> {
  if (!(await haveTools("nginx", "wrk"))) {
    return [];
  }
  const text = JSON.stringify({ text: "x".repeat(ANSWER_BYTES - 11) });
  const content = { text, authorization, page: Buffer.from("{}") };
  const upstream = await startNginx(content);
  const nginx = await startNginx({ ...content, proxyTo: upstream.url });
  const folder = await mkdtemp(join(tmpdir(), "basalt-proxy-"));
  const file = join(folder, "gateway.yaml");
  await writeFile(
    file,
    `upstreams: { behind: { url: "${upstream.url}" } }
routes: [{ name: proxied, path: /proxied, to: [{ upstream: behind, path: /return }] }]`,
  );
  const basalt = await startInstance({ env: { BASALT_GATEWAY_FILE: file } });
  const bare = spawn(
    process.execPath,
    [
      "--max-semi-space-size=8",
      join(import.meta.dirname, "bare-proxy.ts"),
      upstream.url,
      `${BARE_PORT}`,
    ],
    { stdio: "inherit" },
  );
  try {
    const runs = await alternateWrk(
      {
        basalt: { url: `${basalt.url}/proxied`, authorization, pid: basalt.pid },
        bare: { url: `http://127.0.0.1:${BARE_PORT}/`, authorization, pid: bare.pid ?? 0 },
        nginx: { url: `${nginx.url}/proxied`, authorization, pid: nginx.pid },
      },
      { seconds: 2, rounds: 5 },
    );
    const { basalt: ours, nginx: theirs, bare: least } = runs;
    if (ours === undefined || theirs === undefined || least === undefined) {
      throw new Error("nothing was measured");
    }
    const ratio = ours.cpuUs / theirs.cpuUs;
    const beside = ours.cpuUs / least.cpuUs;
    const load = `load average ${loadavg()[0]?.toFixed(1)}`;
    return [
      {
        what: `proxy to an upstream, ${text.length} bytes: CPU a request ÷ nginx's`,
        figure: ratio.toFixed(2),
        bar: "≤ 2.2",
        met: ratio <= 2.2,
        raw: `${showWrk("Basalt", ours)}; ${showWrk("nginx", theirs)}; ${load}`,
      },
      {
        what: "… ÷ that of the least that node:http with undici can do",
        figure: beside.toFixed(2),
        bar: "≤ 1.3",
        met: beside <= 1.3,
        raw: `${showWrk("bare", least)}, ${(least.cpuUs / theirs.cpuUs).toFixed(2)} of nginx's; ${load}`,
      },
    ];
  } finally {
    bare.kill();
    await basalt.stop();
    await nginx.stop();
    await upstream.stop();
    await rm(folder, { recursive: true });
  }
}
