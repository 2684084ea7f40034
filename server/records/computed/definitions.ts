import {
  fieldIndex,
  parse,
  referencedFieldIds,
  ROLLUP_VALUES,
  type FieldIndex,
  type ParsedFormula,
} from "@basalt/formulas";
import { watches } from "../field-types/stamps.ts";
import type { BaseSchema, Field, LinkOptions, Table } from "../schema/base-schema.ts";

/** What a computed field was told to be, whatever its type. Absent parts do not apply to the type. */
export interface Definition {
  readonly formula?: string;
  readonly recordLinkFieldId?: string;
  readonly fieldIdInLinkedTable?: string;
  readonly filterByFormula?: string;
}

const computedTypes: ReadonlySet<string> = new Set([
  "formula",
  "rollup",
  "multipleLookupValues",
  "count",
  "button",
]);

/** True for fields whose values this engine computes and keeps in a column. */
export function isComputed(field: Pick<Field, "type" | "options">): boolean {
  return (
    computedTypes.has(field.type) ||
    ((field.type === "lastModifiedTime" || field.type === "lastModifiedBy") &&
      watches(field.options))
  );
}

/** The parts of a field's options that say what it is computed from. */
export function definitionOf(field: Field): Definition {
  return field.options;
}

/** The parsed text of a formula; kept with the field, which is made anew when the schema changes. */
export function parsedFormula(
  field: Field,
  part: "formula" | "filterByFormula",
): ParsedFormula | undefined {
  const text = definitionOf(field)[part];
  if (text === undefined) {
    return undefined;
  }
  let kept = parsedOf.get(field);
  if (kept === undefined) {
    kept = new Map();
    parsedOf.set(field, kept);
  }
  let parsed = kept.get(part);
  if (parsed === undefined) {
    parsed = parse(text);
    kept.set(part, parsed);
  }
  return parsed;
}

const parsedOf = new WeakMap<Field, Map<string, ParsedFormula>>();

/** Fields that a field is computed from. */
export interface Inputs {
  /** Of its own row. */
  readonly own: readonly string[];
  /** Of other rows: the links that lead there, first its own, and the fields that are read at the end. */
  readonly linked: readonly LinkedInputs[];
}

export interface LinkedInputs {
  readonly path: readonly Field[];
  readonly fieldIds: readonly string[];
}

/** What a computed field reads, as far as what it names is there. */
export function inputsOf(schema: BaseSchema, table: Table, field: Field): Inputs {
  const definition = definitionOf(field);
  const link = linkOf(table, definition.recordLinkFieldId);
  if (link === undefined) {
    return field.type === "formula" || field.type === "button"
      ? formulaInputs(schema, table, field)
      : {
          own: [
            ...((field.options["referencedFieldIds"] as readonly string[] | undefined) ?? []),
          ].filter((id) => table.fieldsById.has(id)),
          linked: [],
        };
  }
  const linkedTable = linkedTableOf(schema, link);
  if (linkedTable === undefined) {
    return { own: [link.id], linked: [] };
  }
  const source = linkedTable.fieldsById.get(definition.fieldIdInLinkedTable ?? "");
  const filterIds = references(field, "filterByFormula", linkedTable);
  const texts = [
    ...(field.type === "rollup" && source !== undefined ? [source] : []),
    ...fieldsOf(linkedTable, filterIds),
  ].flatMap((one) => linkTexts(schema, linkedTable, one));
  return {
    own: [link.id],
    linked: [
      {
        path: [link],
        fieldIds: [
          ...(source === undefined ? [] : [source.id]),
          ...filterIds,
          ...timesAsked(field, "filterByFormula", linkedTable),
        ],
      },
      ...texts.map(({ path, fieldIds }) => ({ path: [link, ...path], fieldIds })),
    ],
  };
}

function formulaInputs(schema: BaseSchema, table: Table, field: Field): Inputs {
  const ids = references(field, "formula", table);
  const own = [...ids, ...timesAsked(field, "formula", table)];
  return { own, linked: fieldsOf(table, ids).flatMap((one) => linkTexts(schema, table, one)) };
}

/** Stands for the time of a record's last change among the fields that are read: it belongs to no field. */
export function modifiedTimeOf({ id }: Pick<Table, "id">): string {
  return `modified_time:${id}`;
}

/** A formula that asks when the record was changed at all names no field. */
function timesAsked(
  field: Field,
  part: "formula" | "filterByFormula",
  table: Pick<Table, "id">,
): readonly string[] {
  const source = parsedFormula(field, part)?.source ?? "";
  return /last_modified_time\s*\(\s*\)/i.test(source) ? [modifiedTimeOf(table)] : [];
}

/** The ids that a formula names in a table. */
export function references(
  field: Field,
  part: "formula" | "filterByFormula",
  table: Pick<Table, "fields">,
): readonly string[] {
  const parsed = parsedFormula(field, part);
  return parsed === undefined ? [] : referencedFieldIds(parsed, namesOf(table));
}

const indexes = new WeakMap<object, FieldIndex>();

/** The fields of a table by what a formula can call them. */
export function namesOf(table: Pick<Table, "fields">): FieldIndex {
  let index = indexes.get(table.fields);
  if (index === undefined) {
    index = fieldIndex(table.fields);
    indexes.set(table.fields, index);
  }
  return index;
}

/** What a rollup's formula can name. */
export const rollupNames: FieldIndex = fieldIndex([{ id: ROLLUP_VALUES, name: ROLLUP_VALUES }]);

/**
 * A formula finds the texts of linked records, so for a link, or a lookup of links, the first fields of the tables
 * that it ends in are read too.
 */
function linkTexts(schema: BaseSchema, table: Table, field: Field): LinkedInputs[] {
  const path = linksBehind(schema, table, field);
  const end = path?.at(-1);
  const linked = end === undefined ? undefined : linkedTableOf(schema, end);
  return path === undefined || linked === undefined
    ? []
    : [{ path, fieldIds: [linked.primaryFieldId] }];
}

/** The links to follow to the records that a cell of the field names; undefined where it names none. */
function linksBehind(schema: BaseSchema, table: Table, field: Field): readonly Field[] | undefined {
  const path: Field[] = [];
  let at = { table, field };
  while (at.field.type === "multipleLookupValues" && path.length <= PATH_MAX) {
    const { recordLinkFieldId, fieldIdInLinkedTable = "" } = definitionOf(at.field);
    const link = linkOf(at.table, recordLinkFieldId);
    const linked = link === undefined ? undefined : linkedTableOf(schema, link);
    const source = linked?.fieldsById.get(fieldIdInLinkedTable);
    if (link === undefined || linked === undefined || source === undefined) {
      return undefined;
    }
    path.push(link);
    at = { table: linked, field: source };
  }
  return at.field.type === "multipleRecordLinks" ? [...path, at.field] : undefined;
}

/** Lookups of lookups that are followed; a longer chain is a cycle, which is refused elsewhere. */
const PATH_MAX = 50;

/** The link field with this id, if it is one. */
export function linkOf(table: Table, fieldId: string | undefined): Field | undefined {
  const field = table.fieldsById.get(fieldId ?? "");
  return field?.type === "multipleRecordLinks" ? field : undefined;
}

/** The table that a link leads to. */
export function linkedTableOf(schema: BaseSchema, link: Field): Table | undefined {
  return schema.tablesById.get((link.options as unknown as LinkOptions).linkedTableId);
}

function fieldsOf(table: Table, ids: readonly string[]): Field[] {
  return ids.flatMap((id) => table.fieldsById.get(id) ?? []);
}
