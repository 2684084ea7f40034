import { noteAct, type Scope } from "#kernel";
import { csvHeading, csvLine, showAct } from "./act-views.ts";
import { permittedFilters, readActs, type ActsQuestion } from "./find-acts.ts";
import type { ActEntry } from "./find-acts.sql.ts";

/** Acts read at once: bounds memory, whatever the export is. */
const PAGE_ACTS = 1_000;

export type ExportFormat = "jsonl" | "csv";

/**
 * The same acts that `findActs` gives, as chunks of text, newest first and as they were when it began. The export is
 * written down before the first byte leaves.
 * Problems: those of `findActs`.
 */
export async function exportActs(
  scope: Scope,
  question: ActsQuestion,
  format: ExportFormat,
): Promise<AsyncGenerator<string, void, undefined>> {
  const filters = await permittedFilters(scope, question);
  await noteAct(scope, {
    act: "audit.exported",
    target: { kind: "instance" },
    workspaceId: question.workspace,
    baseId: question.base,
    details: { format, filters },
  });
  return chunks();

  async function* chunks(): AsyncGenerator<string, void, undefined> {
    if (format === "csv") {
      yield `${csvHeading}\r\n`;
    }
    let before: number | undefined;
    do {
      scope.signal.throwIfAborted();
      const page = await readActs(scope, filters, { before, limit: PAGE_ACTS });
      if (page.acts.length > 0) {
        yield textOf(page.acts, format);
      }
      before = page.next;
    } while (before !== undefined);
  }
}

function textOf(acts: readonly ActEntry[], format: ExportFormat): string {
  return format === "csv"
    ? acts.map((act) => `${csvLine(act)}\r\n`).join("")
    : acts.map((act) => `${JSON.stringify(showAct(act))}\n`).join("");
}
