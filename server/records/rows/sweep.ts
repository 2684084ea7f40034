import { sweepBlobs } from "#files";
import type { Scope } from "#kernel";
import { dropUnwantedIndexes } from "../indexes/drop-unwanted.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { oldestIterator } from "./list-records.ts";
import { deleteIterators } from "./list-records.sql.ts";
import { allBases, hashesInCells, hashesInLog } from "./sweep.sql.ts";

/**
 * Removes what nobody needs any more: kept orders that have expired, files that no cell and no log entry names, indexes that
 * nobody wants.
 */
export async function sweepRecords(scope: Scope): Promise<void> {
  await scope.db.run(deleteIterators(oldestIterator(scope.now())));
  await sweepBlobs(scope, (hashes) => hashesInUse(scope, hashes));
  await dropUnwantedIndexes(scope);
}

/** Which of these files are named by a cell of any base, or by an entry of the change log, from which it can be restored. */
async function hashesInUse(scope: Scope, hashes: readonly string[]): Promise<ReadonlySet<string>> {
  const used = new Set<string>();
  const fieldIds: string[] = [];
  for (const { id } of await scope.db.all<{ id: string }>(allBases())) {
    const schema = await schemaOf(scope, id);
    for (const table of schema.tables) {
      for (const field of table.fields.filter(({ type }) => type === "multipleAttachments")) {
        fieldIds.push(field.id);
        for (const [hash] of await scope.db.text(hashesInCells(table, field, hashes))) {
          used.add(hash ?? "");
        }
      }
    }
  }
  const rest = hashes.filter((hash) => !used.has(hash));
  for (const [hash] of rest.length === 0 ? [] : await scope.db.text(hashesInLog(fieldIds, rest))) {
    used.add(hash ?? "");
  }
  return used;
}
