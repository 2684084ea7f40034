import type { Scope } from "#kernel";
import { allow } from "#workspaces";
import { badOptions } from "../field-types/refusals.ts";
import { typeOf } from "../field-types/registry.ts";
import { nameKey, type BaseSchema, type Field, type Table } from "../schema/base-schema.ts";
import { changeSchema } from "../schema/change-schema.ts";
import { fieldById, tableById } from "../schema/find.ts";
import { updateFieldRow } from "../schema/metadata.sql.ts";
import { checkedDescription, checkedFieldName } from "../schema/names.ts";
import { duplicateOrEmptyFieldName } from "../schema/refusals.ts";
import { checkSelectionView, keptOptions, optionsContext } from "./plan-fields.ts";

export interface FieldChanges {
  readonly baseId: string;
  readonly tableId: string;
  readonly fieldId: string;
  readonly name?: string | undefined;
  /** Null or empty takes it away. */
  readonly description?: string | null | undefined;
  /** The whole new options of the type; the choices of a select keep their cells by id or name. */
  readonly options?: unknown;
}

/**
 * Renames, describes or sets up a field; its type stays. Where the instance is strict, options of selects are refused as
 * Airtable refuses them.
 * Problems: those of `allow`, `records.table-not-found`, `records.field-not-found`,
 * `records.duplicate-or-empty-field-name`, `records.bad-schema`, `records.bad-field-options`, `records.schema-busy`.
 */
export async function updateField(
  scope: Scope,
  { baseId, tableId, fieldId, ...changes }: FieldChanges,
): Promise<Field> {
  await allow(scope, "schema.write", { baseId });
  const strict = scope.config.strictAirtable;
  const schema = await changeSchema(scope, baseId, async ({ tx, before }) => {
    const table = tableById(before, tableId);
    const field = fieldById(table, fieldId);
    const { name, description, options } = changes;
    const named = {
      ...field,
      ...(name !== undefined && { name: freeFieldName(table, field, name) }),
      ...(description !== undefined && { description: checkedDescription(description) }),
    };
    const changed =
      options === undefined
        ? named
        : { ...named, options: changedOptions(named, { input: options, table, before, strict }) };
    await tx.run(updateFieldRow(changed));
  });
  return fieldById(tableById(schema, tableId), fieldId);
}

/** The name as it will be kept. Problem: `records.duplicate-or-empty-field-name`, `records.bad-schema`. */
export function freeFieldName(table: Table, field: Field, wanted: string): string {
  const name = checkedFieldName(wanted);
  const key = nameKey(name);
  if (table.fields.some((other) => other.id !== field.id && nameKey(other.name) === key)) {
    throw duplicateOrEmptyFieldName(name);
  }
  return name;
}

interface OptionsChange {
  readonly input: unknown;
  readonly table: Table;
  readonly before: BaseSchema;
  readonly strict: boolean;
}

function changedOptions(
  field: Field,
  { input, table, before, strict }: OptionsChange,
): Readonly<Record<string, unknown>> {
  const context = optionsContext(table.name, field.name, before);
  if (strict && (field.type === "singleSelect" || field.type === "multipleSelects")) {
    throw badOptions(context, "the choices of a select cannot be changed this way");
  }
  const changed = typeOf(field).changeOptions(input, field.options, context);
  const options = keptOptions(changed, context);
  if (field.type === "multipleRecordLinks") {
    checkSelectionView(options, before, context);
  }
  return options;
}
