import type { Scope } from "#kernel";
import { allBases } from "../rows/sweep.sql.ts";
import type { BaseSchema, Table } from "../schema/base-schema.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { indexesOfView } from "./index-wishes.ts";
import { outsideTransaction } from "./outside-transaction.ts";
import {
  dropIndex,
  forgetWanted,
  indexesOfBase,
  lockIndexes,
  noteWanted,
  unlockIndexes,
  unwantedSince,
} from "./wanted-indexes.sql.ts";

/** How long an index stays that nobody wants any more, milliseconds: a week, so that what is done weekly keeps its own. */
export const UNWANTED_KEPT_MS = 7 * 24 * 3_600_000;

interface OwnIndex {
  readonly tableId: string;
  readonly name: string;
}

/**
 * Drops the indexes that no view compares or sorts by and no upsert has merged on for a week: each makes every write of its field
 * dearer. Nobody who reads or writes waits for it.
 */
export async function dropUnwantedIndexes(scope: Scope): Promise<void> {
  for (const { id } of await scope.db.all<{ id: string }>(allBases())) {
    scope.signal.throwIfAborted();
    const there = await scope.db.all<OwnIndex>(indexesOfBase(id));
    if (there.length > 0) {
      await dropInBase(scope, await schemaOf(scope, id), there);
    }
  }
}

async function dropInBase(
  scope: Scope,
  schema: BaseSchema,
  there: readonly OwnIndex[],
): Promise<void> {
  const { baseId } = schema;
  const now = scope.now();
  const since = new Date(now.getTime() - UNWANTED_KEPT_MS);
  const names = there.map(({ name }) => name);
  const ofViews = new Set(schema.tables.flatMap(wantedByViews));
  await scope.db.run(
    noteWanted(
      baseId,
      names.filter((name) => ofViews.has(name)),
      now,
    ),
  );
  await scope.db.run(forgetWanted(baseId, names, since));
  const others = names.filter((name) => !ofViews.has(name));
  const unwanted = new Set(
    (await scope.db.text(unwantedSince(baseId, others, { since, now }))).map(([name]) => name),
  );
  for (const { tableId, name } of there.filter((index) => unwanted.has(index.name))) {
    const table = schema.tablesById.get(tableId);
    if (table !== undefined) {
      await drop(scope, table, name);
    }
  }
}

function wantedByViews(table: Table): string[] {
  return table.views.flatMap((view) => indexesOfView(table, view).map(({ name }) => name));
}

/** Left for another time where somebody builds for the base, or changes its schema meanwhile. */
async function drop(scope: Scope, table: Table, name: string): Promise<void> {
  try {
    await outsideTransaction(scope.db, async (session) => {
      const { mine } = await session.one<{ readonly mine: boolean }>(lockIndexes(table));
      if (!mine) {
        return;
      }
      try {
        await session.script(dropIndex(table, name));
        scope.log.info(
          { tableId: table.id, index: name },
          "an index that nobody wants was dropped",
        );
      } finally {
        await session.text(unlockIndexes(table));
      }
    });
  } catch (error) {
    scope.log.warn(
      { err: error, tableId: table.id, index: name },
      "an index that nobody wants could not be dropped; it is tried again",
    );
  }
}
