import { typedViewFilter, type DroppedCondition } from "../filters/view-filter.ts";
import type { Table, View, ViewOptions } from "../schema/base-schema.ts";

/** A view with everything that is kept of it. */
export interface WholeView {
  readonly id: string;
  readonly tableId: string;
  readonly name: string;
  readonly type: string;
  readonly options: ViewOptions;
  readonly personalForUserId?: string;
  /** Conditions of its filter that cannot be asked any more: they keep every record. */
  readonly droppedConditions: readonly DroppedCondition[];
}

/** A view as it is kept, and what of its filter does not count for the table as it is now. */
export function wholeView(
  { id, tableId, name, type, options, personalForUserId }: View,
  table: Table,
  now: Date,
): WholeView {
  return {
    id,
    tableId,
    name,
    type,
    options,
    ...(personalForUserId !== null && { personalForUserId }),
    droppedConditions: typedViewFilter(table, options["filters"], { now, userId: null }).dropped,
  };
}
