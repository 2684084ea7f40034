import { BULK_USERS_MAX } from "@basalt/contract";
import { createUsers, type UserOutcome } from "@basalt/server/identity";
import { StartError } from "@basalt/server/kernel";
import type { Terminal } from "./commands.ts";
import { withWorld } from "./with-world.ts";
import { readText, readWords } from "./words.ts";

/**
 * `basalt user import FILE`: makes many accounts from a JSON array, or JSON lines, of `{email, name?, password?}`. Whoever
 * has no password gets a mail to choose one. Prints what became of each row; the exit code is 1 where one failed.
 */
export async function userImport(argv: readonly string[], terminal: Terminal): Promise<number> {
  const { words } = readWords(argv, { options: {}, positionals: ["FILE"] });
  const rows = rowsOf(await readText(words[0] ?? "-"));
  const outcomes = await withWorld(terminal, async (scope) => {
    const all: UserOutcome[] = [];
    for (let from = 0; from < rows.length; from += BULK_USERS_MAX) {
      all.push(...(await createUsers(scope, rows.slice(from, from + BULK_USERS_MAX))));
    }
    return all;
  });
  for (const [at, outcome] of outcomes.entries()) {
    terminal.out(`${at + 1}: ${describe(outcome)}`);
  }
  const failed = outcomes.filter(({ status }) => status === "failed").length;
  terminal.out(`${outcomes.length - failed} made, ${failed} failed.`);
  return failed === 0 ? 0 : 1;
}

function rowsOf(text: string): readonly unknown[] {
  try {
    const rows: unknown = text.trimStart().startsWith("[")
      ? JSON.parse(text)
      : text
          .split("\n")
          .filter((line) => line.trim() !== "")
          .map((line): unknown => JSON.parse(line));
    if (Array.isArray(rows)) {
      return rows;
    }
  } catch (error) {
    throw new StartError(
      `The file is neither a JSON array nor JSON lines: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
  throw new StartError("The file is neither a JSON array nor JSON lines.");
}

function describe(outcome: UserOutcome): string {
  if (outcome.status === "created") {
    return `${outcome.id} ${outcome.email}`;
  }
  const fields = Object.entries(outcome.fields).map(([name, why]) => `${name}: ${why}`);
  return `failed: ${fields.length > 1 ? fields.join("; ") : outcome.message}`;
}
