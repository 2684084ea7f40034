import type { Scope } from "#kernel";
import { allow } from "#workspaces";
import { schemaOf } from "../schema/schema-cache.ts";
import { countsUpTo } from "./count-rows.sql.ts";

/** How many records a table has. */
export interface TableCount {
  readonly tableId: string;
  readonly records: number;
  /** False where it is the database's own estimate. */
  readonly exact: boolean;
}

/**
 * The number of records of every table of a base: counted up to `most`, estimated beyond, because counting reads them all.
 * One statement. Problems: those of `allow`.
 */
export async function countRows(
  scope: Scope,
  { baseId, most }: { readonly baseId: string; readonly most: number },
): Promise<readonly TableCount[]> {
  await allow(scope, "records.read", { baseId });
  const { tables } = await schemaOf(scope, baseId);
  if (tables.length === 0) {
    return [];
  }
  const rows = await scope.db.all<{ tableId: string; counted: number; estimated: number | null }>(
    countsUpTo(tables, most),
  );
  return rows.map(({ tableId, counted, estimated }) =>
    counted <= most
      ? { tableId, records: counted, exact: true }
      : { tableId, records: Math.max(counted, Math.round(estimated ?? 0)), exact: false },
  );
}
