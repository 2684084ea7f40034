import type { Scope } from "#kernel";
import { setRole } from "../rows/base-writer.sql.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { measureTable, readOneMoment, txnOfBase } from "./measure-base.sql.ts";

/** What a base holds, as of one of its transactions. */
export interface BaseMeasure {
  readonly records: number;
  /** Bytes of the files in its cells; a file that stands in two cells counts twice. */
  readonly storage: number;
  readonly txn: number;
}

/**
 * Counts the records and files of a base: reads all of it, so it is for chores. Undefined where the base is gone. Asks no
 * permission. Problems: those of a base that is not there.
 */
export async function measureBase(scope: Scope, baseId: string): Promise<BaseMeasure | undefined> {
  const { role, tables } = await schemaOf(scope, baseId);
  const before = [readOneMoment(), txnOfBase(baseId), ...(role === null ? [] : [setRole(role)])];
  const counts = tables.map((table) =>
    measureTable(
      table,
      table.fields.filter(({ type }) => type === "multipleAttachments"),
    ),
  );
  const results = await scope.db.pipeline([...before, ...counts]);
  const txn = results[1]?.[0]?.[0];
  if (txn === undefined || txn === null) {
    return undefined;
  }
  const sums = { records: 0, storage: 0, txn: Number(txn) };
  for (const [row] of results.slice(before.length)) {
    sums.records += Number(row?.[0] ?? 0);
    sums.storage += Number(row?.[1] ?? 0);
  }
  return sums;
}
