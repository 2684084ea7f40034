import { lightChoiceColors } from "@basalt/contract";
import { newId } from "#kernel";
import type {
  BaseDefinition,
  FieldOfDefinition,
  TableOfDefinition,
  ViewOfDefinition,
} from "../bases/base-definition.ts";
import type { BaseSource, FieldSource, TableSource, ViewSource } from "./base-source.ts";

/** A base with ids, and the way from names to them. */
export interface DefinedBase {
  readonly definition: BaseDefinition;
  table(name: string): DefinedTable;
}

export interface DefinedTable {
  readonly id: string;
  readonly source: TableSource;
  readonly fields: ReadonlyMap<string, DefinedField>;
}

export interface DefinedField {
  readonly id: string;
  readonly source: FieldSource;
  /** Name of a choice -> its id. */
  readonly choices: ReadonlyMap<string, string>;
}

/** Gives everything in a source an id. A name that the source itself does not know is a slip in the source and throws. */
export function defineBase(source: BaseSource): DefinedBase {
  const tables = new Map(source.tables.map((table) => [table.name, defineTable(table)]));
  const table = (name: string): DefinedTable => known(tables, name);
  return {
    table,
    definition: {
      id: newId("app"),
      name: source.name,
      tables: source.tables.map(({ name }) => tableDefinition(table(name), table)),
    },
  };
}

/** The entry of a map that must be there. */
export function known<T>(map: ReadonlyMap<string, T>, name: string): T {
  const found = map.get(name);
  if (found === undefined) {
    throw new Error(`the source knows no ${JSON.stringify(name)}`);
  }
  return found;
}

function defineTable(source: TableSource): DefinedTable {
  const fields = new Map(
    source.fields.map((field) => [
      field.name,
      {
        id: newId("fld"),
        source: field,
        choices: new Map(choicesOf(field).map(({ name }) => [name, newId("sel")])),
      },
    ]),
  );
  return { id: newId("tbl"), source, fields };
}

interface ChoiceSource {
  readonly name: string;
  readonly color?: string;
}

function choicesOf({ options }: FieldSource): readonly ChoiceSource[] {
  return (options?.["choices"] ?? []) as readonly ChoiceSource[];
}

function tableDefinition(
  table: DefinedTable,
  find: (name: string) => DefinedTable,
): TableOfDefinition {
  const { source, fields } = table;
  return {
    id: table.id,
    name: source.name,
    description: source.description,
    fields: [...fields.values()].map((field) => fieldDefinition(field, table, find)),
    views: (source.views ?? [{ name: "Grid view", type: "grid" }]).map((view) =>
      viewDefinition(view, fields),
    ),
  };
}

function fieldDefinition(
  field: DefinedField,
  table: DefinedTable,
  find: (name: string) => DefinedTable,
): FieldOfDefinition {
  const { id, source, choices } = field;
  const { name, type, description, options, link } = source;
  if (link !== undefined) {
    const linked = find(link.table);
    const inverse = link.field === undefined ? undefined : known(linked.fields, link.field).id;
    return {
      id,
      name,
      type,
      description,
      options: {
        linkedTableId: linked.id,
        prefersSingleRecordLink: link.single === true,
        ...(inverse !== undefined && { inverseLinkFieldId: inverse }),
      },
    };
  }
  if (choices.size > 0) {
    const coloured = choicesOf(source).map((choice, place) => ({
      id: known(choices, choice.name),
      name: choice.name,
      color: choice.color ?? lightChoiceColors[place % lightChoiceColors.length],
    }));
    return { id, name, type, description, options: { choices: coloured } };
  }
  return {
    id,
    name,
    type,
    description,
    options: { ...options, ...namedFields(field, table, find) },
  };
}

/** Options that hold the ids of fields which the source names. In formulas the names may stay. */
function namedFields(
  { source: { through, watched } }: DefinedField,
  { fields }: DefinedTable,
  find: (name: string) => DefinedTable,
): Readonly<Record<string, unknown>> {
  if (through === undefined) {
    return watched === undefined
      ? {}
      : { referencedFieldIds: watched.map((name) => known(fields, name).id) };
  }
  const { id, source } = known(fields, through.link);
  const linked = source.link && find(source.link.table);
  return {
    recordLinkFieldId: id,
    ...(linked !== undefined &&
      through.field !== undefined && {
        fieldIdInLinkedTable: known(linked.fields, through.field).id,
      }),
  };
}

function viewDefinition(
  { name, type, sort, where, visible, fieldIds = {} }: ViewSource,
  fields: ReadonlyMap<string, DefinedField>,
): ViewOfDefinition {
  const id = (field: string): string => known(fields, field).id;
  const more = Object.entries(fieldIds).map(([key, field]) => [key, id(field)]);
  return {
    id: newId("viw"),
    name,
    type,
    options: {
      ...Object.fromEntries(more),
      ...(where !== undefined && {
        filters: {
          conjunction: "and",
          filterSet: where.map(([field, operator, value]) => ({
            fieldId: id(field),
            operator,
            ...(value !== undefined && { value }),
          })),
        },
      }),
      ...(visible !== undefined && { visibleFieldIds: visible.map(id) }),
      ...(sort !== undefined && {
        sort: sort.map((key) =>
          key.startsWith("-")
            ? { fieldId: id(key.slice(1)), direction: "desc" as const }
            : { fieldId: id(key), direction: "asc" as const },
        ),
      }),
    },
  };
}
