import type { Scope } from "#kernel";
import { allow } from "#workspaces";
import { updateCells } from "./apply-rows.ts";
import type { BaseChange } from "./base-change.ts";
import { answerOf } from "./create-records.ts";
import { recordNotFound, repeatedRecord, versionMismatch } from "./problems.ts";
import { recordReader } from "./record-json.ts";
import { rowsById } from "./rows.sql.ts";
import {
  prepared,
  runCall,
  type PreparedCall,
  type WriteCall,
  type WrittenRecords,
} from "./write-call.ts";

export interface ChangedRecords extends WriteCall {
  readonly rows: readonly {
    readonly id: string;
    readonly fields: Readonly<Record<string, unknown>>;
  }[];
  /** Clears every writable field that is not named (PUT). */
  readonly replace: boolean;
  /** The record of the URL instead of a batch. */
  readonly single: boolean;
  /** Only if the record still has this version; for a single record. */
  readonly ifMatch?: number;
}

/**
 * Changes records, all or none.
 * Problems: as `createRecords`, and `records.record-not-found`, `records.repeated-record`, `records.version-mismatch`.
 */
export async function updateRecords(scope: Scope, call: ChangedRecords): Promise<WrittenRecords> {
  await allow(scope, "records.write", { baseId: call.table.baseId });
  refuseRepeated(call.rows.map((row) => row.id));
  return prepared(scope, { ...call, creating: false }, async (ready) => {
    const rows = ready.plan.rows.map(({ id, cells }) => ({ id: id ?? "", cells }));
    return runCall(scope, { ...ready, ...answerOf(call) }, async (change, settled) => {
      if (call.ifMatch !== undefined) {
        await requireVersion(change, ready, { id: rows[0]?.id ?? "", version: call.ifMatch, call });
      }
      return {
        rows: await updateCells(change, ready.table, {
          rows,
          settled,
          replace: call.replace,
          single: call.single,
        }),
      };
    });
  });
}

/** Problem: `records.repeated-record`. */
export function refuseRepeated(ids: readonly string[]): void {
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) {
      throw repeatedRecord(id);
    }
    seen.add(id);
  }
}

/** Problems: `records.version-mismatch` with the record as it is, `records.record-not-found`. */
export async function requireVersion(
  change: BaseChange,
  { table }: Pick<PreparedCall, "table">,
  wanted: {
    readonly id: string;
    readonly version: number;
    readonly call: Pick<WriteCall, "shape">;
  },
): Promise<void> {
  const rows = await change.rows(rowsById(table, [wanted.id]));
  const [row] = rows;
  if (row === undefined) {
    throw recordNotFound();
  }
  if (Number(row[2]) !== wanted.version) {
    const { fieldIds: _fieldIds, ...shape } = wanted.call.shape;
    const reader = recordReader(change.scope, {
      schema: change.schema,
      table,
      shape: { ...shape, commentCount: false },
    });
    const [json] = await reader.write(change.scope, rows);
    throw versionMismatch(JSON.parse(json ?? "null"), Number(row[2]));
  }
}
