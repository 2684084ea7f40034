import { benchBatchCreate } from "./batch-create.ts";
import { benchFormulas } from "./formulas/bench-formulas.ts";
import { fixture, startInstance } from "./instance.ts";
import type { Finding } from "./measure.ts";
import { benchPageRead } from "./page-read.ts";
import { benchPaging } from "./paging.ts";
import { benchStart } from "./start.ts";

// `node bench/run.ts [name…]` runs the named benches, or all, and prints one row each. It never fails on a figure.
// A name with a slash (`formulas/rollup`) is one bench of a group.
const wanted = process.argv.slice(2);
const asked = (name: string): boolean =>
  wanted.length === 0 || wanted.some((one) => one === name || name.startsWith(`${one}/`));
const findings: Finding[] = [];
if (asked("start")) {
  findings.push(...(await benchStart()));
}
const instance = await startInstance();
try {
  if (asked("create")) {
    findings.push(await benchBatchCreate(instance, await fixture(instance.url)));
  }
  if (asked("page") || asked("paging")) {
    const pages = await fixture(instance.url);
    if (asked("page")) {
      findings.push(await benchPageRead(instance, pages));
    }
    if (asked("paging")) {
      findings.push(await benchPaging(instance, pages));
    }
  }
  findings.push(...(await benchFormulas(instance, asked)));
} finally {
  await instance.stop();
}
for (const { what, figure, bar, met, raw } of findings) {
  console.log(`${met ? "met   " : "MISSED"} | ${what} | ${figure} | ${bar} | ${raw}`);
}
