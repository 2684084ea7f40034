import { checkIntegrity, type IntegrityReport } from "@basalt/server/audit";
import type { Terminal } from "./commands.ts";
import { withWorld } from "./with-world.ts";
import { readWords } from "./words.ts";

const meanings: Readonly<Record<IntegrityReport["problems"][number]["what"], string>> = {
  "acts-changed": "acts were changed or removed",
  "seal-changed": "the seal itself was changed",
  "chain-broken": "a seal before it was removed",
  "other-secret": "it was made under another BASALT_SECRET, so it says nothing",
  "not-sealed": "acts stand below the newest seal and are under none",
};

/** `basalt audit check`: compares the log of acts with its seals. Answers 1 when they differ. */
export async function auditCheck(argv: readonly string[], terminal: Terminal): Promise<number> {
  readWords(argv, { options: {}, positionals: [] });
  const report = await withWorld(terminal, checkIntegrity);
  const { seals, entries, unsealed, newestSeal, problems, problemsLeftOut, heldBy } = report;
  for (const { seal, what, seqs } of problems) {
    terminal.out(
      `wrong  ${seal === null ? "acts" : `seal ${seal}, acts`} ${seqs}: ${meanings[what]}`,
    );
  }
  if (problemsLeftOut > 0) {
    terminal.out(`wrong  and ${problemsLeftOut} more`);
  }
  terminal.out(`${entries} acts hold under ${seals} seals; ${unsealed} are not sealed yet.`);
  if (newestSeal !== null) {
    terminal.out(`Newest seal: ${newestSeal.id} of ${newestSeal.at}, ${newestSeal.mac}`);
  }
  if (heldBy === "triggers") {
    terminal.out(
      "The tables belong to the role that Basalt signs in as: triggers alone hold them.",
    );
  }
  return report.ok ? 0 : 1;
}
