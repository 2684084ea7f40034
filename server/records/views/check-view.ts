import { Problem } from "#kernel";
import { faultOfFilter } from "../filters/view-filter.ts";
import { nameKey, type Table, type View, type ViewOptions } from "../schema/base-schema.ts";
import { isKeepable } from "../schema/keepable-json.ts";
import { VIEW_OPTIONS_MAX_CHARACTERS } from "../schema/limits.ts";
import { checkedName } from "../schema/names.ts";
import { badSchema } from "../schema/refusals.ts";

/** Every kind of view that Airtable's schema can name. */
export const viewTypes: readonly string[] = [
  "grid",
  "form",
  "calendar",
  "gallery",
  "kanban",
  "timeline",
  "list",
  "block",
];

/**
 * A view whose name, type and options are right for its table.
 * Problems: `records.bad-schema`, `records.duplicate-view-name`.
 */
export function checkedView(table: Pick<Table, "fields" | "views">, view: View): View {
  const name = checkedName(view.name, "name");
  const same = table.views.some(
    (other) => other.id !== view.id && nameKey(other.name) === nameKey(name),
  );
  if (same) {
    throw duplicateViewName(name);
  }
  if (!viewTypes.includes(view.type)) {
    throw badSchema("type", `must be one of ${viewTypes.join(", ")}`);
  }
  checkOptions(view.options, new Set(table.fields.map(({ id }) => id)));
  return { ...view, name };
}

/**
 * Refuses options whose filter cannot be asked of the table as it is now. A filter that is kept already may be one whose
 * field has gone; what comes in may not.
 * Problem: `records.bad-schema`.
 */
export function refuseBadFilter(table: Table, { filters }: ViewOptions, now: Date): void {
  const fault = faultOfFilter(table, filters, now);
  if (fault !== undefined) {
    throw badSchema(fault.input, fault.rule);
  }
}

/** Options of other kinds of view are kept as they are, as long as they are not too large. */
function checkOptions(
  { sort = [], visibleFieldIds = [], ...more }: ViewOptions,
  fieldIds: ReadonlySet<string>,
): void {
  const named = [...sort.map(({ fieldId }) => fieldId), ...visibleFieldIds];
  const unknown = named.find((id) => !fieldIds.has(id));
  if (unknown !== undefined) {
    throw badSchema("options", `the table has no field ${unknown}`);
  }
  if (new Set(visibleFieldIds).size !== visibleFieldIds.length) {
    throw badSchema("options.visibleFieldIds", "names a field twice");
  }
  if (sort.some(({ direction }) => direction !== "asc" && direction !== "desc")) {
    throw badSchema("options.sort", "a direction is asc or desc");
  }
  if (JSON.stringify(more).length > VIEW_OPTIONS_MAX_CHARACTERS) {
    throw badSchema("options", `at most ${VIEW_OPTIONS_MAX_CHARACTERS} characters of JSON`);
  }
  if (!isKeepable(more)) {
    throw badSchema("options", "text cannot hold NUL or half a character");
  }
}

function duplicateViewName(name: string): Problem {
  return new Problem("invalid", "records.duplicate-view-name", {
    message: `The table already has a view named ${JSON.stringify(name)}; names are compared without regard to case.`,
    fields: { name: "already taken" },
  });
}
