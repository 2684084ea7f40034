import { fill, type Instance } from "../instance.ts";
import type { Finding } from "../measure.ts";
import { benchAddFormula } from "./add-formula.ts";
import { openBase, type Base } from "./base.ts";
import { benchChain } from "./chain.ts";
import { benchCompile } from "./compile.ts";
import { benchFilter } from "./filter.ts";
import { benchHyperFormula } from "./hyperformula.ts";
import { benchRollup } from "./rollup.ts";
import { benchWideChain } from "./wide-chain.ts";
import { benchWriteBatch } from "./write-batch.ts";

/** Each on a base of its own; those that need it find 100,000 records in the first table. */
const benches: readonly (readonly [
  name: string,
  run: (base: Base) => Promise<readonly Finding[]>,
  needs?: "records",
])[] = [
  ["compile", async () => [benchCompile()]],
  ["write", async (base) => [await benchWriteBatch(base)]],
  ["rollup", async (base) => [await benchRollup(base)]],
  ["chain", async (base) => [await benchChain(base)]],
  ["wide-chain", benchWideChain],
  ["filter", async (base) => [await benchFilter(base)], "records"],
  ["add", benchAddFormula, "records"],
  ["hyperformula", benchHyperFormula],
];

/** The figures of formulas and computed fields: all of them, or those that `isAsked` for by `formulas/name`. */
export async function benchFormulas(
  instance: Instance,
  isAsked: (name: string) => boolean,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [name, run, needs] of benches) {
    if (isAsked(`formulas/${name}`)) {
      const base = await openBase(instance);
      try {
        if (needs === "records") {
          await fill(instance.url, base.first, 100_000);
        }
        findings.push(...(await run(base)));
      } finally {
        await base.close();
      }
    }
  }
  return findings;
}
