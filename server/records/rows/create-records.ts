import { newId, usageGate, type Scope } from "#kernel";
import { allow } from "#workspaces";
import { isRaised } from "../computed/raised-errors.ts";
import { insertCells, isPlain } from "./apply-rows.ts";
import { insertPlain } from "./base-writer.ts";
import { callEvent } from "./call-event.ts";
import { countCreated } from "./count-created.ts";
import type { WrittenRow } from "./plan-cells.ts";
import {
  prepared,
  runCall,
  writtenRecords,
  type PreparedCall,
  type WriteCall,
  type WrittenRecords,
} from "./write-call.ts";
import type { CellValue } from "./changed-cells.sql.ts";

export interface NewRecords extends WriteCall {
  readonly rows: readonly WrittenRow[];
}

/**
 * Adds records, all or none. Calls with nothing to look up share a statement with other callers' (the combining writer).
 * Problems: `workspaces.*`, `records.unknown-field`, `records.cell-refused` and others of the field types,
 * `records.row-does-not-exist`, `records.link-to-other-table`, `records.base-busy`, `kernel.quota-exceeded`.
 */
export async function createRecords(scope: Scope, call: NewRecords): Promise<WrittenRecords> {
  const { baseId } = call.table;
  await allow(scope, "records.write", { baseId });
  scope.parts.of(usageGate).require({ baseId }, "records", call.rows.length);
  const made = await prepared(scope, { ...call, creating: true }, async (ready) => {
    if (isPlain(ready) && scope.idempotency === undefined && !scope.db.inTransaction) {
      try {
        return await createPlain(scope, ready, call);
      } catch (error) {
        if (!isRaised(error)) {
          throw error;
        }
        // On its own it finds out whether a computed field did that, and goes on without.
      }
    }
    const rows = ready.plan.rows.map(({ cells }) => ({ id: newId("rec"), cells }));
    return runCall(scope, { ...ready, ...answerOf(call) }, async (change, settled) => ({
      rows: await insertCells(change, ready.table, { rows, settled }),
    }));
  });
  countCreated(scope, { baseId }, made.ids.length);
  return made;
}

async function createPlain(
  scope: Scope,
  { schema, table, plan }: PreparedCall,
  { shape }: NewRecords,
): Promise<WrittenRecords> {
  const used = table.fields.filter((field) => plan.rows.some((row) => row.cells.has(field)));
  const rows = plan.rows.map(({ cells }) => {
    const values: Record<string, CellValue> = {};
    for (const [field, value] of cells) {
      values[field.id] = value as CellValue;
    }
    return { id: newId("rec"), cells: values };
  });
  const event = callEvent(scope, schema.baseId, {
    name: "records.created",
    tableId: table.id,
    recordIds: rows.map((row) => row.id),
    fieldIds: used.map((field) => field.id),
    body: { after: rows.map((row) => used.map((field) => row.cells[field.id] ?? null)) },
  });
  const made = await insertPlain(scope, { schema, table, rows, at: scope.now(), event });
  return writtenRecords(scope, { schema, table, shape, rows: made.rows, txn: made.txn });
}

/** The parts of a call that `runCall` needs, without absent ones. */
export function answerOf(call: WriteCall): Pick<WriteCall, "shape" | "answer"> {
  return call.answer === undefined
    ? { shape: call.shape }
    : { shape: call.shape, answer: call.answer };
}
