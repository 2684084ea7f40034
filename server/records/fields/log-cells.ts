import type { Field, Table } from "../schema/base-schema.ts";
import type { SchemaChange } from "../schema/change-schema.ts";
import { cellJson } from "./convert-field.sql.ts";

/** Cells in one entry of the log. */
const ENTRY_CELLS = 500;
/** Characters of JSON that are kept of one field's cells; what is more can not be undone. */
const KEPT_CHARACTERS_MAX = 32_000_000;

/**
 * Writes the cells of a field that is about to change into the log: entries `fields.cells-replaced` with the records and
 * their values under `before`, in pages. The last one says `complete`, unless there was more than is kept.
 */
export async function logCells(change: SchemaChange, table: Table, field: Field): Promise<void> {
  let [after, characters] = ["", 0];
  while (characters <= KEPT_CHARACTERS_MAX) {
    const page = await change.tx.text(cellJson(table, field, { after, limit: ENTRY_CELLS }));
    const values = page.map(([, json]): unknown => JSON.parse(json ?? "null"));
    const complete = page.length < ENTRY_CELLS;
    await change.publish({
      name: "fields.cells-replaced",
      tableId: table.id,
      recordIds: page.map(([id]) => id ?? ""),
      fieldIds: [field.id],
      body: { before: values.map((value) => [value]), complete },
    });
    if (complete) {
      return;
    }
    characters += page.reduce((sum, [, json]) => sum + (json?.length ?? 0), 0);
    after = page.at(-1)?.[0] ?? after;
  }
}
