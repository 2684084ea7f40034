import { newId } from "#kernel";
import type { OptionsContext } from "../field-types/field-type.ts";
import { typeOf, typeToCreate } from "../field-types/registry.ts";
import { checkSelectionView } from "../fields/plan-fields.ts";
import { nameKey, type Field, type View } from "../schema/base-schema.ts";
import { FIELDS_PER_TABLE_MAX } from "../schema/limits.ts";
import { checkedDescription, checkedFieldName, checkedName } from "../schema/names.ts";
import {
  badPrimaryField,
  badSchema,
  duplicateOrEmptyFieldName,
  schemaLimit,
} from "../schema/refusals.ts";
import { assembleSchema } from "../schema/schema-cache.ts";
import type { TableDefinition } from "../schema/schema-events.ts";
import { gridView } from "../tables/plan-table.ts";
import { checkedView } from "../views/check-view.ts";
import type {
  BaseDefinition,
  FieldOfDefinition,
  TableOfDefinition,
  ViewOfDefinition,
} from "./base-definition.ts";
import { optionsOfDefinition } from "./options-of-definition.ts";
import { pairLinks } from "./pair-links.ts";

/**
 * Checks a whole definition and completes it: the two sides of each link get one junction, a link whose other side is
 * missing gets one, a table without views gets a grid view.
 *
 * Problems: `records.bad-schema`, `records.duplicate-or-empty-field-name`, `records.bad-primary-field`,
 * `records.duplicate-view-name`, `records.bad-field-options`, `records.unknown-field-type`,
 * `records.unsupported-field-type`, `records.schema-limit`.
 */
export function planBase(definition: BaseDefinition): TableDefinition[] {
  if (definition.tables.length === 0) {
    throw badSchema("tables", "a base has at least one table");
  }
  const tableIds = new Set(definition.tables.map(({ id }) => id));
  const tables = pairLinks(definition.tables.map((table) => planTable(table, tableIds)));
  tables.forEach(checkFields);
  checkSelectionViews(definition.id, tables);
  return tables;
}

function planTable(table: TableOfDefinition, tableIds: ReadonlySet<string>): TableDefinition {
  const { id } = table;
  const name = checkedName(table.name, "name");
  const fields = table.fields.map((field) => planField(field, { id, name }, tableIds));
  const primary = fields.find((field) => field.id === (table.primaryFieldId ?? fields[0]?.id));
  if (primary === undefined) {
    throw badSchema("primaryFieldId", `the table ${JSON.stringify(name)} has no such field`);
  }
  if (!typeOf(primary).primaryAllowed) {
    throw badPrimaryField(name, primary.name, primary.type);
  }
  return {
    id,
    name,
    description: checkedDescription(table.description),
    primaryFieldId: primary.id,
    fields,
    views: planViews(id, fields, table.views ?? []),
  };
}

function planField(
  field: FieldOfDefinition,
  table: Pick<TableDefinition, "id" | "name">,
  tableIds: ReadonlySet<string>,
): Field {
  const name = checkedFieldName(field.name);
  const context: OptionsContext = {
    tableName: table.name,
    fieldName: name,
    newId,
    knownTable: (tableId) => tableIds.has(tableId),
    keepIds: true,
  };
  const type = typeToCreate(field.type, { ...context, strict: false });
  return {
    id: field.id,
    tableId: table.id,
    name,
    type: type.name,
    options: optionsOfDefinition(field, type, context),
    description: checkedDescription(field.description),
  };
}

function planViews(
  tableId: string,
  fields: readonly Field[],
  views: readonly ViewOfDefinition[],
): View[] {
  if (views.length === 0) {
    return [gridView(tableId)];
  }
  const planned: View[] = [];
  for (const { id, name, type, options = {}, personalForUserId = null } of views) {
    const view = { id, tableId, name, type, options, personalForUserId };
    planned.push(checkedView({ fields, views: planned }, view));
  }
  return planned;
}

function checkFields({ fields }: TableDefinition): void {
  if (fields.length > FIELDS_PER_TABLE_MAX) {
    throw schemaLimit(`A table has at most ${FIELDS_PER_TABLE_MAX} fields.`);
  }
  const taken = new Set<string>();
  for (const { name } of fields) {
    if (taken.has(nameKey(name))) {
      throw duplicateOrEmptyFieldName(name);
    }
    taken.add(nameKey(name));
  }
}

function checkSelectionViews(baseId: string, tables: readonly TableDefinition[]): void {
  const schema = assembleSchema(
    { baseId, version: 0, role: null },
    {
      tables,
      fields: tables.flatMap(({ fields }) => fields),
      views: tables.flatMap(({ views }) => views),
    },
  );
  for (const table of tables) {
    for (const field of table.fields) {
      if (field.type === "multipleRecordLinks") {
        checkSelectionView(field.options, schema, { tableName: table.name, fieldName: field.name });
      }
    }
  }
}
