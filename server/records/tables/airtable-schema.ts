import type { ResultConfig } from "../field-types/computed.ts";
import { typeOf } from "../field-types/registry.ts";
import type { Field, Table, View } from "../schema/base-schema.ts";

/** A field as Airtable's schema shows it. */
export interface AirtableField {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly description?: string;
  readonly options?: object;
}

/** A view as Airtable's schema shows it. */
export interface AirtableView {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  /** Of grid views, where asked for. */
  readonly visibleFieldIds?: readonly string[];
  readonly personalForUserId?: string;
}

/** A table as Airtable's schema shows it. */
export interface AirtableTable {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly primaryFieldId: string;
  readonly fields: readonly AirtableField[];
  readonly views: readonly AirtableView[];
}

export function airtableField(field: Field): AirtableField {
  const { id, name, type, description } = field;
  const options = airtableOptions(field);
  return {
    id,
    name,
    type,
    ...(description !== null && { description }),
    ...(options !== undefined && { options }),
  };
}

/** The options of the type; where they say what a computed field gives, as the schema shows that type. */
function airtableOptions(field: Pick<Field, "type" | "options">): object | undefined {
  const options = typeOf(field).airtableOptions(field.options);
  const { result } = (options ?? {}) as { readonly result?: ResultConfig | null };
  if (options === undefined || result === undefined || result === null) {
    return options;
  }
  const shown = typeOf(result).airtableOptions(result.options ?? {});
  return {
    ...options,
    result: { type: result.type, ...(shown !== undefined && { options: shown }) },
  };
}

export function airtableView(
  view: View,
  table: Pick<Table, "fields">,
  { visibleFieldIds }: { readonly visibleFieldIds: boolean },
): AirtableView {
  const { id, name, type, options, personalForUserId } = view;
  const visible = options.visibleFieldIds ?? table.fields.map((field) => field.id);
  return {
    id,
    name,
    type,
    ...(visibleFieldIds && type === "grid" && { visibleFieldIds: visible }),
    ...(personalForUserId !== null && { personalForUserId }),
  };
}

/** A table with its fields, the primary one first, and its views. */
export function airtableTable(
  table: Table,
  asked: { readonly visibleFieldIds: boolean },
): AirtableTable {
  const { id, name, description, primaryFieldId } = table;
  return {
    id,
    name,
    ...(description !== null && { description }),
    primaryFieldId,
    fields: table.fields.map(airtableField),
    views: table.views.map((view) => airtableView(view, table, asked)),
  };
}
