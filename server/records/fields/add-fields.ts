import type { Field } from "../schema/base-schema.ts";
import type { SchemaChange } from "../schema/change-schema.ts";
import { makeColumnRoom } from "../schema/column-room.ts";
import { insertFields } from "../schema/metadata.sql.ts";
import { addColumns, createJunction, junctionsOf, script } from "../schema/tables.sql.ts";

/** Adds planned fields to tables that are there: columns, junctions of links, definitions. */
export async function addFields(change: SchemaChange, fields: readonly Field[]): Promise<void> {
  const { tx, before, at } = change;
  if (fields.length === 0) {
    return;
  }
  const byTable = Map.groupBy(fields, ({ tableId }) => tableId);
  for (const [tableId, added] of byTable) {
    await makeColumnRoom(change, tableId, added.length);
  }
  const columns = [...byTable].flatMap(
    ([tableId, added]) => addColumns(before.baseId, tableId, added) ?? [],
  );
  const junctions = junctionsOf(fields).map((junction) => createJunction(before, junction));
  await tx.script(script([...junctions, ...columns]).text);
  await tx.run(insertFields(before.baseId, fields, at));
}
