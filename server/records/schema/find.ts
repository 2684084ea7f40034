import { nameKey, type BaseSchema, type Field, type Table, type View } from "./base-schema.ts";
import { fieldNotFound, tableNotFound, viewNotFound } from "./refusals.ts";

/** The table with this id, else with exactly this name, else with this name in another case. */
export function findTable(schema: BaseSchema, idOrName: string): Table | undefined {
  return (
    schema.tablesById.get(idOrName) ??
    // Names are unique without regard to case, so there is no other exact match.
    schema.tablesByName.get(nameKey(idOrName))
  );
}

/** The table with this id. Problem: `records.table-not-found`. */
export function tableById(schema: BaseSchema, tableId: string): Table {
  const table = schema.tablesById.get(tableId);
  if (table === undefined) {
    throw tableNotFound();
  }
  return table;
}

/** The field with this id. Problem: `records.field-not-found`. */
export function fieldById(table: Table, fieldId: string): Field {
  const field = table.fieldsById.get(fieldId);
  if (field === undefined) {
    throw fieldNotFound();
  }
  return field;
}

/** The view with this id, of whichever table. Problem: `records.view-not-found`. */
export function viewById(schema: BaseSchema, viewId: string): View {
  for (const table of schema.tables) {
    const view = table.views.find(({ id }) => id === viewId);
    if (view !== undefined) {
      return view;
    }
  }
  throw viewNotFound();
}
