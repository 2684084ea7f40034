import type { FormulaField, Kind } from "@basalt/formulas";
import type { ComputedState } from "../field-types/computed.ts";
import { shownAs } from "../field-types/registry.ts";
import type { BaseSchema, Field } from "../schema/base-schema.ts";

/** A field as far as its values depend on it. */
export interface Typed {
  readonly type: string;
  readonly options: object;
}

/** What a formula finds in a field. */
export type FieldKind = FormulaField["kind"];
type ElementKind = Extract<FieldKind, { readonly type: "array" }>["of"];

const text = { type: "text" } as const;

function number(
  precision: number,
  special: boolean = false,
): ElementKind & { readonly type: "number" } {
  return { type: "number", precision, special };
}

/** A field as formulas see it; undefined for one that is not valid. */
export function formulaField(field: Field): FormulaField | undefined {
  const state = field.options as ComputedState;
  const kind = kindOf(field);
  return kind === undefined
    ? undefined
    : { id: field.id, name: field.name, kind, canFail: state.mayFail ?? false };
}

/** The kind of a field's value in a formula. A computed field that is not valid has none. */
export function kindOf(field: Field): FieldKind | undefined {
  const state = field.options as ComputedState;
  switch (field.type) {
    case "formula":
    case "rollup":
      return state.isValid === true ? (state.kind as FieldKind) : undefined;
    case "multipleLookupValues":
      return state.isValid === true ? listKind(shownAs(field).as) : undefined;
    case "count":
      return number(0);
    case "button":
      return text;
    case "checkbox":
      return { type: "boolean" };
    default:
      return scalarKind(field) ?? listKind(field);
  }
}

/** The kind of the elements where a cell, or several cells together, are a list. */
function listKind(field: Typed): FieldKind {
  switch (field.type) {
    case "multipleRecordLinks":
      return { type: "array", of: text, source: "links" };
    case "multipleAttachments":
      return { type: "array", of: text, source: "files" };
    case "checkbox":
      return { type: "array", of: number(0), source: "plain" };
    default:
      return { type: "array", of: scalarKind(field) ?? text, source: "plain" };
  }
}

const PRECISION_OF_PERCENT = 2;

function scalarKind({ type, options }: Typed): ElementKind | undefined {
  const {
    precision = 0,
    durationFormat = "",
    result,
  } = options as {
    readonly precision?: number;
    readonly durationFormat?: string;
    readonly result?: { readonly type?: string } | null;
  };
  switch (type) {
    case "number":
    case "currency":
      return number(precision);
    case "percent":
      return number(precision + PRECISION_OF_PERCENT);
    case "duration":
      return number(durationFormat.split(".")[1]?.length ?? 0);
    case "rating":
    case "autoNumber":
      return { ...number(0), bounded: true };
    case "count":
      return number(0);
    case "date":
      return { type: "date", dateOnly: true };
    case "dateTime":
      return { type: "date", dateOnly: false };
    case "createdTime":
    case "lastModifiedTime":
      return { type: "date", dateOnly: result?.type === "date" };
    case "multipleRecordLinks":
    case "multipleAttachments":
    case "multipleSelects":
    case "multipleCollaborators":
      return undefined;
    default:
      return text;
  }
}

/** The kind of a value that has been kept in a column. */
export function storedKind(kind: Kind): FieldKind {
  switch (kind.type) {
    case "boolean":
      return number(0);
    case "blank":
    case "mixed":
      return text;
    case "array":
      return { ...kind, source: "plain" };
    case "number":
      // What the column holds can be of an earlier definition, whose values had any size.
      return number(kind.precision, kind.special);
    default:
      return kind;
  }
}

/** The column that holds values of a kind. */
export function columnOfKind(kind: FieldKind): string {
  switch (kind.type) {
    case "array":
      return `${columnOfKind(kind.of).replace(' collate "C"', "")}[]`;
    case "date":
      return "timestamptz";
    case "text":
      return 'text collate "C"';
    default:
      return "double precision";
  }
}

/** True for types that name persons: what formulas make of them changes when somebody gets another name. */
export function namesPeople(field: Field): boolean {
  return peopleTypes.has(shownAs(field).as.type);
}

const peopleTypes: ReadonlySet<string> = new Set([
  "singleCollaborator",
  "multipleCollaborators",
  "createdBy",
  "lastModifiedBy",
]);

/** The first field of a table. */
export function primaryOf(schema: BaseSchema, tableId: string): Field | undefined {
  const table = schema.tablesById.get(tableId);
  return table?.fieldsById.get(table.primaryFieldId);
}
