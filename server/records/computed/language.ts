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
import { definitionOf, linkedTableOf, linkOf, parsedFormula, references } from "./definitions.ts";
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
  const { table, field } = place;
  const source = field.type === "rollup" ? rollupSource(schema, place) : undefined;
  return remembered(formulas, field, {
    among: field.type === "rollup" ? (source?.table.fields ?? table.fields) : table.fields,
    read: () =>
      field.type === "rollup"
        ? [source?.field]
        : references(field, "formula", table).map((id) => table.fieldsById.get(id)),
    make: () => typeFormula(schema, place),
  });
}

/** The field that a rollup works on, and its table. */
function rollupSource(
  schema: BaseSchema,
  { table, field }: FormulaPlace,
): { readonly table: Table; readonly field: Field | undefined } | undefined {
  const { recordLinkFieldId, fieldIdInLinkedTable = "" } = definitionOf(field);
  const link = linkOf(table, recordLinkFieldId);
  const linked = link && linkedTableOf(schema, link);
  return linked && { table: linked, field: linked.fieldsById.get(fieldIdInLinkedTable) };
}

const formulas = new WeakMap<Field, KeptTyping>();
const filters = new WeakMap<Field, KeptTyping>();

/** A typing with the fields that it was worked out of; those of another schema may be others. */
interface KeptTyping {
  readonly typing: Typing;
  readonly read: readonly (Field | undefined)[];
  /** Among which they were looked for last. */
  among: readonly Field[];
}

function remembered(
  kept: WeakMap<Field, KeptTyping>,
  field: Field,
  {
    among,
    read,
    make,
  }: {
    readonly among: readonly Field[];
    readonly read: () => readonly (Field | undefined)[];
    readonly make: () => Typing;
  },
): Typing {
  const known = kept.get(field);
  if (known?.among === among) {
    return known.typing;
  }
  const inputs = read();
  if (
    known !== undefined &&
    known.typing.formula !== null &&
    known.read.length === inputs.length &&
    known.read.every((one, at) => one === inputs[at])
  ) {
    known.among = among;
    return known.typing;
  }
  const typing = make();
  kept.set(field, { typing, read: inputs, among });
  return typing;
}

function typeFormula(schema: BaseSchema, { table, field }: FormulaPlace): Typing {
  const parsed = parsedFormula(field, "formula");
  if (field.type !== "rollup") {
    return parsed === undefined ? nothing : typeOf(parsed, indexOf(table), "field");
  }
  const source = rollupSource(schema, { table, field })?.field;
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
export function typedFilter(linked: Pick<Table, "fields" | "fieldsById">, field: Field): Typing {
  return remembered(filters, field, {
    among: linked.fields,
    read: () => references(field, "filterByFormula", linked).map((id) => linked.fieldsById.get(id)),
    make: () => {
      const parsed = parsedFormula(field, "filterByFormula");
      return parsed === undefined ? nothing : typeOf(parsed, indexOf(linked), "condition");
    },
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
