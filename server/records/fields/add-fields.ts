import type { Field } from "../schema/base-schema.ts";
import type { SchemaChange } from "../schema/change-schema.ts";
import { insertFields } from "../schema/metadata.sql.ts";
import { addColumns, createJunction, junctionsOf, script } from "../schema/tables.sql.ts";

/** Adds planned fields to tables that are there: columns, junctions of links, definitions. */
export async function addFields(
  { tx, before, at }: SchemaChange,
  fields: readonly Field[],
): Promise<void> {
  if (fields.length === 0) {
    return;
  }
  const columns = [...Map.groupBy(fields, ({ tableId }) => tableId)].flatMap(
    ([tableId, added]) => addColumns(before.baseId, tableId, added) ?? [],
  );
  const junctions = junctionsOf(fields).map((junction) => createJunction(before, junction));
  await tx.script(script([...junctions, ...columns]).text);
  await tx.run(insertFields(before.baseId, fields, at));
}
