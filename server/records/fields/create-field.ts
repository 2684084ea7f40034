import type { Scope } from "#kernel";
import { allow } from "#workspaces";
import type { Field } from "../schema/base-schema.ts";
import { changeSchema } from "../schema/change-schema.ts";
import { fieldById, tableById } from "../schema/find.ts";
import { addFields } from "./add-fields.ts";
import { planFields, type FieldInput } from "./plan-fields.ts";

/**
 * Adds a field to a table. A link to another table also adds its other side there, named as this table; a link of a table
 * to itself has no other side.
 *
 * Problems: those of `allow`, `records.table-not-found`, `records.duplicate-or-empty-field-name`, `records.bad-schema`,
 * `records.bad-field-options`, `records.unknown-field-type`, `records.unsupported-field-type`, `records.schema-limit`,
 * `records.too-many-columns`, `records.schema-busy`.
 */
export async function createField(
  scope: Scope,
  { baseId, tableId, ...input }: FieldInput & { readonly baseId: string; readonly tableId: string },
): Promise<Field> {
  await allow(scope, "schema.write", { baseId });
  let fieldId = "";
  const schema = await changeSchema(scope, baseId, async (change) => {
    const planning = { schema: change.before, strict: scope.config.strictAirtable };
    const planned = planFields(tableById(change.before, tableId), [input], planning);
    fieldId = planned.fields[0]?.id ?? "";
    await addFields(change, [...planned.fields, ...planned.inverses]);
  });
  return fieldById(tableById(schema, tableId), fieldId);
}
