import { fieldsCompared } from "../filters/view-filter.ts";
import type { Table, View } from "../schema/base-schema.ts";
import { indexFor, type IndexPurpose, type WantedIndex } from "./wanted-indexes.sql.ts";

/** The indexes that help some fields of a table. */
export function wanted(
  table: Table,
  fieldIds: Iterable<string>,
  purpose: IndexPurpose,
): WantedIndex[] {
  return [...fieldIds].flatMap((id) => {
    const field = table.fieldsById.get(id);
    return field === undefined ? [] : (indexFor(field, purpose) ?? []);
  });
}

/** The indexes that help the filter and the order of a view. */
export function indexesOfView(table: Table, { options }: View): WantedIndex[] {
  const { filters, sort = [] } = options;
  const sorted = sort.map(({ fieldId }) => fieldId);
  return [...wanted(table, fieldsCompared(filters), "filter"), ...wanted(table, sorted, "sort")];
}
