import { storeAttachment, type Attachment } from "#files";
import { usageGate, type Scope, type StoredAnswer } from "#kernel";
import { allow } from "#workspaces";
import type { Field, Table } from "../schema/base-schema.ts";
import { inBaseDespiteFormulas, type BaseChange } from "./base-change.ts";
import { withSchema } from "./base-writer.ts";
import { recordNotFound } from "./problems.ts";
import { recordReader, type RecordJson } from "./record-json.ts";
import { cellsBefore } from "./rows.sql.ts";
import { LEADING_COLUMNS } from "./table-sql.ts";
import { tableOf } from "./write-call.ts";
import { writeRows } from "./write-rows.ts";

export interface NewAttachment {
  readonly table: Pick<Table, "id" | "baseId">;
  readonly field: Pick<Field, "id">;
  readonly recordId: string;
  readonly bytes: Uint8Array;
  readonly filename: string;
  readonly contentType: string;
  readonly answer?: (added: { readonly record: RecordJson; readonly txn: number }) => StoredAnswer;
}

/**
 * Stores a file and appends it to the cell. Answers the record with that field alone, keyed by id.
 * Problems: `workspaces.*`, `records.record-not-found`, `files.*`, `kernel.quota-exceeded`.
 */
export async function addAttachment(
  scope: Scope,
  call: NewAttachment,
): Promise<{ readonly record: RecordJson; readonly txn: number }> {
  await allow(scope, "records.write", { baseId: call.table.baseId });
  const { baseId } = call.table;
  scope.parts.of(usageGate).require({ baseId }, "storage", call.bytes.length);
  const file = await storeAttachment(scope, {
    bytes: call.bytes,
    filename: call.filename,
    contentType: call.contentType,
  });
  return withSchema(scope, call.table.baseId, async (schema) =>
    inBaseDespiteFormulas(scope, schema, async (change, base) => {
      await scope.idempotency?.begin(base.tx);
      const table = tableOf(schema, call.table.id);
      const field = table.fieldsById.get(call.field.id);
      if (field === undefined) {
        throw recordNotFound();
      }
      const row = await append(change, { table, field, recordId: call.recordId, file });
      await change.publish();
      const shape = {
        fieldIds: [field.id],
        byFieldId: true,
        cellFormat: "json",
        commentCount: false,
        version: false,
      } as const;
      const reader = recordReader(change.scope, { schema, table, shape });
      const [record = ""] = await reader.write(change.scope, [row]);
      const added = { record, txn: base.txn };
      if (scope.idempotency !== undefined && call.answer !== undefined) {
        await scope.idempotency.finish(base.tx, call.answer(added));
      }
      return added;
    }),
  );
}

async function append(
  change: BaseChange,
  {
    table,
    field,
    recordId,
    file,
  }: {
    readonly table: Table;
    readonly field: Field;
    readonly recordId: string;
    readonly file: Attachment;
  },
): Promise<(string | null)[]> {
  const [held] = await change.rows(cellsBefore(table, [field], [recordId]));
  if (held === undefined) {
    throw recordNotFound();
  }
  const [before] = JSON.parse(held[2] ?? "[]") as [Attachment[] | null];
  const after = [...(before ?? []), file];
  const rows = [{ id: recordId, cells: { [field.id]: after } }];
  const [row = []] = await writeRows(change, table, { fields: [field], rows });
  change.note({
    name: "records.updated",
    tableId: table.id,
    recordIds: [recordId],
    fieldIds: [field.id],
    body: { before: [[before]], after: [[after]] },
  });
  const at = LEADING_COLUMNS + table.fields.indexOf(field);
  return [...row.slice(0, LEADING_COLUMNS), row[at] ?? null];
}
