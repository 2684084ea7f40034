import type {
  BaseSchema,
  Field,
  LinkOptions,
  Table,
  View,
  ViewOptions,
} from "../schema/base-schema.ts";
import type { SchemaChange } from "../schema/change-schema.ts";
import { deleteFieldRows, updateViewRow } from "../schema/metadata.sql.ts";
import { dropColumns, dropTable, script } from "../schema/tables.sql.ts";

/**
 * Takes fields away: columns, junctions of links with the fields on their other side, definitions, and what views say
 * about them.
 */
export async function removeFields(change: SchemaChange, fields: readonly Field[]): Promise<void> {
  await removeJust(change, withOtherSides(change.before, fields));
}

/** The same without the other sides of links. */
export async function removeJust(change: SchemaChange, fields: readonly Field[]): Promise<void> {
  const { tx, before } = change;
  const gone = new Map(fields.map((field) => [field.id, field]));
  const byTable = Map.groupBy(gone.values(), ({ tableId }) => tableId);
  await change.dropViews(byTable.keys());
  const statements = [
    ...[...byTable].flatMap(([tableId, some]) => dropColumns(before.baseId, tableId, some) ?? []),
    ...[...junctionsOfAny(gone.values())].map((junction) => dropTable(before.baseId, junction)),
  ];
  await tx.script(script(statements).text);
  await tx.run(deleteFieldRows([...gone.keys()]));
  for (const tableId of byTable.keys()) {
    await forgetInViews(change, before.tablesById.get(tableId), gone);
  }
}

/** The fields, and for links those on their other side. */
function withOtherSides(schema: BaseSchema, fields: readonly Field[]): Field[] {
  return fields.flatMap((field) => [field, ...otherSide(schema, field)]);
}

/** For a link with another side, that field. */
export function otherSide(schema: BaseSchema, field: Field): Field[] {
  const { linkedTableId, inverseLinkFieldId } = field.options as unknown as Partial<LinkOptions>;
  const other = schema.tablesById
    .get(linkedTableId ?? "")
    ?.fieldsById.get(inverseLinkFieldId ?? "");
  return field.type === "multipleRecordLinks" && other !== undefined ? [other] : [];
}

/** A view's options without what they say about fields that are gone. */
export function optionsWithout(
  options: ViewOptions,
  gone: { has(fieldId: string): boolean },
): ViewOptions {
  const { sort, visibleFieldIds } = options;
  return {
    ...options,
    ...(sort !== undefined && { sort: sort.filter(({ fieldId }) => !gone.has(fieldId)) }),
    ...(visibleFieldIds !== undefined && {
      visibleFieldIds: visibleFieldIds.filter((id) => !gone.has(id)),
    }),
  };
}

async function forgetInViews(
  { tx }: SchemaChange,
  table: Table | undefined,
  gone: ReadonlyMap<string, Field>,
): Promise<void> {
  for (const view of table?.views ?? []) {
    if (names(view, gone)) {
      await tx.run(updateViewRow({ ...view, options: optionsWithout(view.options, gone) }));
    }
  }
}

function names({ options }: View, gone: ReadonlyMap<string, Field>): boolean {
  const { sort = [], visibleFieldIds = [] } = options;
  return (
    sort.some(({ fieldId }) => gone.has(fieldId)) || visibleFieldIds.some((id) => gone.has(id))
  );
}

function junctionsOfAny(fields: Iterable<Field>): Set<string> {
  const links = [...fields].filter(({ type }) => type === "multipleRecordLinks");
  return new Set(links.map(({ options }) => (options as unknown as LinkOptions).junction));
}
