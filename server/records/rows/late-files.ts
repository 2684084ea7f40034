import type { Attachment } from "#files";
import { part, type Scope, type World } from "#kernel";
import type { StoredAttachment } from "../field-types/field-type.ts";
import type { Field, Table } from "../schema/base-schema.ts";
import { inBaseDespiteFormulas, type BaseChange } from "./base-change.ts";
import { withSchema } from "./base-writer.ts";
import { cellsBefore } from "./rows.sql.ts";
import { writeRows } from "./write-rows.ts";
import type { LateFile } from "./settle-files.ts";

/** A file on its way into a cell that has been written. */
export interface LateCell {
  readonly table: Pick<Table, "id" | "baseId">;
  readonly recordId: string;
  readonly fieldId: string;
  readonly file: LateFile;
}

/**
 * When the file is here, puts it where its stand-in is; when it cannot be had, takes the stand-in away. Does not wait: the
 * write has been answered. After a crash the stand-in stays and shows the address that it came from.
 */
export function finishLater(scope: Scope, cells: readonly LateCell[]): void {
  const { idempotency: _key, ...rest } = scope;
  const world = scope.parts.of(root);
  const detached: Scope = { ...rest, ...world, signal: new AbortController().signal };
  for (const cell of cells) {
    cell.file.finished
      .then((file) => replaceFile(detached, cell, file))
      .catch((error: unknown) => {
        scope.log.warn(
          { err: error, recordId: cell.recordId },
          "a late attachment was not put in place",
        );
      });
  }
}

/** The world itself: a write may have run in somebody's transaction, which has ended by then. */
const root = part("records.late-files", (world: World) => world);

async function replaceFile(
  scope: Scope,
  cell: LateCell,
  file: Attachment | undefined,
): Promise<void> {
  await withSchema(scope, cell.table.baseId, async (schema) => {
    const table = schema.tablesById.get(cell.table.id);
    const field = table?.fieldsById.get(cell.fieldId);
    if (table === undefined || field === undefined) {
      return;
    }
    await inBaseDespiteFormulas(scope, schema, async (change) => {
      await putInPlace(change, { table, field, cell, file });
      await change.publish();
    });
  });
}

async function putInPlace(
  change: BaseChange,
  {
    table,
    field,
    cell,
    file,
  }: {
    readonly table: Table;
    readonly field: Field;
    readonly cell: LateCell;
    readonly file: Attachment | undefined;
  },
): Promise<void> {
  const { recordId } = cell;
  const [held] = await change.rows(cellsBefore(table, [field], [recordId]));
  const [before] = JSON.parse(held?.[2] ?? "[null]") as [StoredAttachment[] | null];
  if (before?.some(({ id }) => id === cell.file.shown.id) !== true) {
    return;
  }
  const left = before.flatMap((one): StoredAttachment[] =>
    one.id !== cell.file.shown.id ? [one] : file === undefined ? [] : [{ ...file, id: one.id }],
  );
  const after = left.length === 0 ? null : left;
  const rows = [{ id: recordId, cells: { [field.id]: after } }];
  await writeRows(change, table, { fields: [field], rows });
  change.note({
    name: "records.updated",
    tableId: table.id,
    recordIds: [recordId],
    fieldIds: [field.id],
    body: { before: [[before]], after: [[after]] },
  });
}
