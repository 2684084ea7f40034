import { PLACES_PAGE_MAX } from "@basalt/contract";
import { listBases } from "@basalt/server/workspaces";
import type { Terminal } from "./commands.ts";
import { withWorld } from "./with-world.ts";
import { readWords } from "./words.ts";

/** `basalt base list`: one line a base, in the order in which they were made: id, workspace, name. */
export async function baseList(argv: readonly string[], terminal: Terminal): Promise<number> {
  readWords(argv, { options: {}, positionals: [] });
  await withWorld(terminal, async (scope) => {
    let after: string | undefined;
    do {
      const page = await listBases(scope, { after, limit: PLACES_PAGE_MAX });
      for (const { id, workspaceId, name } of page) {
        terminal.out(`${id}  ${workspaceId}  ${oneLine(name)}`);
      }
      after = page.length < PLACES_PAGE_MAX ? undefined : page.at(-1)?.id;
    } while (after !== undefined);
  });
  return 0;
}

/** A name without what would move the cursor or break the line. */
export function oneLine(name: string): string {
  return name.replaceAll(/\p{Cc}/gu, "?");
}
