import { newId } from "#kernel";
import type { OptionsContext, StoredOptions } from "../field-types/field-type.ts";
import { badOptions } from "../field-types/refusals.ts";
import { typeToCreate } from "../field-types/registry.ts";
import {
  nameKey,
  type BaseSchema,
  type Field,
  type LinkOptions,
  type Table,
} from "../schema/base-schema.ts";
import { isKeepable } from "../schema/keepable-json.ts";
import { FIELDS_PER_TABLE_MAX } from "../schema/limits.ts";
import { checkedDescription, checkedFieldName, freeName } from "../schema/names.ts";
import { duplicateOrEmptyFieldName, schemaLimit } from "../schema/refusals.ts";

/** A field as somebody asks for it. */
export interface FieldInput {
  readonly name: string;
  readonly type: string;
  readonly description?: string | null | undefined;
  readonly options?: unknown;
}

/** The table that gets the fields, as it is so far. */
export type TableSoFar = Pick<Table, "id" | "name" | "fields">;

export interface FieldPlanning {
  /** The base as it is: tables in it can be linked to. */
  readonly schema: BaseSchema;
  /** Refuse types that Airtable does not let programs create. */
  readonly strict: boolean;
}

/** Fields ready to be written, and the fields that links among them bring to other tables. */
export interface PlannedFields {
  readonly fields: readonly Field[];
  readonly inverses: readonly Field[];
}

/**
 * Checks new fields of one table and completes them: ids, options, the other side of links.
 *
 * Problems: `records.duplicate-or-empty-field-name`, `records.bad-schema`, `records.schema-limit`,
 * `records.unknown-field-type`, `records.unsupported-field-type`, `records.bad-field-options`.
 */
export function planFields(
  table: TableSoFar,
  inputs: readonly FieldInput[],
  planning: FieldPlanning,
): PlannedFields {
  if (table.fields.length + inputs.length > FIELDS_PER_TABLE_MAX) {
    throw tooManyFields();
  }
  const taken = new Set(table.fields.map(({ name }) => nameKey(name)));
  const fields: Field[] = [];
  for (const input of inputs) {
    const name = checkedFieldName(input.name);
    if (taken.has(nameKey(name))) {
      throw duplicateOrEmptyFieldName(name);
    }
    taken.add(nameKey(name));
    fields.push(planField(table, { ...input, name }, planning));
  }
  return withInverses(table, fields, planning.schema);
}

/** What a field type needs to know to check options. */
export function optionsContext(
  tableName: string,
  fieldName: string,
  schema: BaseSchema,
): OptionsContext {
  return {
    tableName,
    fieldName,
    newId,
    knownTable: (tableId) => schema.tablesById.has(tableId),
  };
}

/** Options as they are kept. Problem: `records.bad-field-options` where some text in them cannot be. */
export function keptOptions(
  options: StoredOptions,
  context: Pick<OptionsContext, "tableName" | "fieldName">,
): Readonly<Record<string, unknown>> {
  if (!isKeepable(options)) {
    throw badOptions(context, "options: text cannot hold NUL or half a character");
  }
  return { ...options };
}

/** Refuses a view for choosing records that is not a view of the linked table. Problem: `records.bad-field-options`. */
export function checkSelectionView(
  options: Readonly<Record<string, unknown>>,
  schema: BaseSchema,
  context: Pick<OptionsContext, "tableName" | "fieldName">,
): void {
  const { linkedTableId, viewIdForRecordSelection: viewId } = options as unknown as LinkOptions;
  const views = schema.tablesById.get(linkedTableId)?.views ?? [];
  if (viewId !== undefined && !views.some(({ id }) => id === viewId)) {
    throw badOptions(
      context,
      `options.viewIdForRecordSelection: the linked table has no view ${viewId}`,
    );
  }
}

function planField(table: TableSoFar, input: FieldInput, { schema, strict }: FieldPlanning): Field {
  const context = optionsContext(table.name, input.name, schema);
  const type = typeToCreate(input.type, { ...context, strict });
  const options = keptOptions(type.createOptions(input.options, context), context);
  const field: Field = {
    id: newId("fld"),
    tableId: table.id,
    name: input.name,
    type: type.name,
    options,
    description: checkedDescription(input.description),
  };
  if (field.type !== "multipleRecordLinks") {
    return field;
  }
  checkSelectionView(options, schema, context);
  const { linkedTableId } = options as unknown as LinkOptions;
  const inverse = linkedTableId === table.id ? {} : { inverseLinkFieldId: newId("fld") };
  return { ...field, options: { ...options, ...inverse, junction: newId("lnk"), side: "a" } };
}

/** Each link to another table gets a field there, called as this table, with the first number that makes the name free. */
function withInverses(
  table: TableSoFar,
  fields: readonly Field[],
  schema: BaseSchema,
): PlannedFields {
  const inverses: Field[] = [];
  for (const field of fields) {
    const link = field.options as unknown as LinkOptions;
    if (field.type !== "multipleRecordLinks" || link.inverseLinkFieldId === undefined) {
      continue;
    }
    const others = [
      ...(schema.tablesById.get(link.linkedTableId)?.fields ?? []),
      ...inverses.filter(({ tableId }) => tableId === link.linkedTableId),
    ];
    if (others.length >= FIELDS_PER_TABLE_MAX) {
      throw tooManyFields();
    }
    inverses.push(inverseField(table, { field, link }, others));
  }
  return { fields, inverses };
}

function inverseField(
  table: TableSoFar,
  { field, link }: { readonly field: Field; readonly link: LinkOptions },
  others: readonly Field[],
): Field {
  const options: LinkOptions = {
    linkedTableId: table.id,
    inverseLinkFieldId: field.id,
    isReversed: false,
    prefersSingleRecordLink: false,
    junction: link.junction,
    side: "b",
  };
  return {
    id: link.inverseLinkFieldId ?? newId("fld"),
    tableId: link.linkedTableId,
    name: freeName(table.name, new Set(others.map(({ name }) => nameKey(name)))),
    type: "multipleRecordLinks",
    options: { ...options },
    description: null,
  };
}

function tooManyFields(): Error {
  return schemaLimit(`A table has at most ${FIELDS_PER_TABLE_MAX} fields.`);
}
