import {
  compile,
  compileCondition,
  fieldIndex,
  ROLLUP_VALUES,
  typeOf,
  type CompiledCondition,
  type CompiledFormula as CompiledText,
  type FieldIndex,
  type FormulaField,
  type Kind,
  type SqlContext,
  type Typed,
  type TypedFormula,
  type Typing,
} from "@basalt/formulas";
import type { BaseSchema, Field, Table } from "../schema/base-schema.ts";
import { definitionOf, linkedTableOf, linkOf, parsedFormula } from "./definitions.ts";
import { stepName } from "./field-values.sql.ts";
import { formulaField } from "./kinds.ts";
import { rollupKind } from "./rollup-kind.ts";

/** A formula in SQL, and what it gives. */
export interface CompiledFormula extends CompiledText {
  readonly kind: Kind;
}

/** A field whose formula is meant, and its table. */
export interface FormulaPlace {
  readonly table: Table;
  readonly field: Field;
}

/** The formula of a field that is valid, in SQL. */
export function compiledFormula(
  schema: BaseSchema,
  place: FormulaPlace,
  context: SqlContext,
): CompiledFormula {
  const typed = valid(typedFormula(schema, place), place.field);
  return { ...compile(typed, context, prefixOf(place.field, "f")), kind: typed.root.kind };
}

/** A part of the formula of a field that is valid, in SQL. */
export function compiledNode(
  schema: BaseSchema,
  { node, prefix, ...place }: FormulaPlace & { readonly node: Typed; readonly prefix: string },
  context: SqlContext,
): CompiledFormula {
  const typed = valid(typedFormula(schema, place), place.field);
  return { ...compile({ ...typed, root: node }, context, prefix), kind: node.kind };
}

/** The filter of a field that is valid, in SQL over the linked table, which is `table` here. */
export function compiledCondition(
  _schema: BaseSchema,
  { table, field }: FormulaPlace,
  context: SqlContext,
): CompiledCondition {
  return compileCondition(valid(typedFilter(table, field), field), context, prefixOf(field, "w"));
}

/**
 * The types of a field's formula: of a rollup's over the values of its source. Kept with the field, so it is to be asked when
 * the fields that it reads are settled.
 */
export function typedFormula(schema: BaseSchema, place: FormulaPlace): Typing {
  return remembered(formulas, place.field, () => typeFormula(schema, place));
}

const formulas = new WeakMap<Field, Typing>();
const filters = new WeakMap<Field, Typing>();

function remembered(kept: WeakMap<Field, Typing>, field: Field, make: () => Typing): Typing {
  let typing = kept.get(field);
  if (typing === undefined) {
    typing = make();
    kept.set(field, typing);
  }
  return typing;
}

function typeFormula(schema: BaseSchema, { table, field }: FormulaPlace): Typing {
  const parsed = parsedFormula(field, "formula");
  if (field.type !== "rollup") {
    return parsed === undefined ? nothing : typeOf(parsed, indexOf(table), "field");
  }
  const link = linkOf(table, definitionOf(field).recordLinkFieldId);
  const linked = link && linkedTableOf(schema, link);
  const source = linked?.fieldsById.get(definitionOf(field).fieldIdInLinkedTable ?? "");
  const kind = source && rollupKind(source);
  if (source === undefined || kind === undefined || parsed === undefined) {
    return nothing;
  }
  const canFail = formulaField(source)?.canFail ?? false;
  const values: FormulaField = {
    id: ROLLUP_VALUES,
    name: ROLLUP_VALUES,
    kind,
    canFail,
    canBeBlank: false,
  };
  return typeOf(parsed, fieldIndex([values]), "rollup");
}

/** The types of a field's filter over the linked table. */
export function typedFilter(linked: Pick<Table, "fields">, field: Field): Typing {
  return remembered(filters, field, () => {
    const parsed = parsedFormula(field, "filterByFormula");
    return parsed === undefined ? nothing : typeOf(parsed, indexOf(linked), "condition");
  });
}

const nothing: Typing = { formula: null, problems: [] };

const indexes = new WeakMap<object, FieldIndex<FormulaField>>();

function indexOf(table: Pick<Table, "fields">): FieldIndex<FormulaField> {
  let index = indexes.get(table.fields);
  if (index === undefined) {
    index = fieldIndex(table.fields.flatMap((field) => formulaField(field) ?? []));
    indexes.set(table.fields, index);
  }
  return index;
}

function valid({ formula, problems }: Typing, field: Field): TypedFormula {
  if (formula === null) {
    throw new Error(
      `the formula of ${field.id} is not valid: ${problems[0]?.message ?? "it has none"}`,
    );
  }
  return formula;
}

/** Steps of several formulas stand in one statement. */
function prefixOf(field: Field, part: "f" | "w"): string {
  return `${stepName(field.id).slice(1, -1)}${part}`;
}
