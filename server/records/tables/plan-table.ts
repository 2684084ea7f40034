import { newId } from "#kernel";
import { typeOf } from "../field-types/registry.ts";
import { planFields, type FieldInput, type FieldPlanning } from "../fields/plan-fields.ts";
import { type Field, type View } from "../schema/base-schema.ts";
import { checkedDescription, checkedName } from "../schema/names.ts";
import { badPrimaryField, badSchema } from "../schema/refusals.ts";
import type { TableDefinition } from "../schema/schema-events.ts";

/** A table as somebody asks for it; the first field is the primary one. */
export interface TableInput {
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly fields: readonly FieldInput[];
}

export interface PlannedTable {
  readonly table: TableDefinition;
  /** Fields that its links bring to other tables. */
  readonly inverses: readonly Field[];
}

/**
 * Checks a new table and completes it: ids, options, a grid view. Whether its name is free is for the caller to see.
 * Problems: `records.bad-schema`, `records.bad-primary-field`, and those of `planFields`.
 */
export function planTable(input: TableInput, planning: FieldPlanning): PlannedTable {
  const name = checkedName(input.name, "name");
  const id = newId("tbl");
  if (input.fields.length === 0) {
    throw badSchema("fields", "a table has at least one field");
  }
  const { fields, inverses } = planFields({ id, name, fields: [] }, input.fields, planning);
  const table = {
    id,
    name,
    description: checkedDescription(input.description),
    primaryFieldId: primaryOf(name, fields).id,
    fields,
    views: [gridView(id)],
  };
  return { table, inverses };
}

/** The first field, if its type can be primary. Problem: `records.bad-primary-field`. */
function primaryOf(tableName: string, fields: readonly Field[]): Field {
  const [primary] = fields;
  if (primary === undefined) {
    throw badSchema("fields", "a table has at least one field");
  }
  if (!typeOf(primary).primaryAllowed) {
    throw badPrimaryField(tableName, primary.name, primary.type);
  }
  return primary;
}

/** The view that every table begins with. */
export function gridView(tableId: string): View {
  return {
    id: newId("viw"),
    tableId,
    name: "Grid view",
    type: "grid",
    options: {},
    personalForUserId: null,
  };
}
