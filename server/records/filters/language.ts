import {
  fieldIndex,
  parse,
  typeOf,
  type FieldIndex,
  type FormulaField,
  type Typed,
} from "@basalt/formulas";
import { formulaField } from "../computed/kinds.ts";
import type { Field, Table } from "../schema/base-schema.ts";
import { comparedById } from "./choice-ids.ts";
import type { TypedCondition } from "./condition.ts";
import { foundAnywhere } from "./found-anywhere.sql.ts";
import { mapCalls } from "./map-tree.ts";
import { invalidFilter } from "./problems.ts";

/** The condition that a formula text is for a table. Problem: `records.invalid-filter`. */
export function typedFormulaFilter(table: Table, text: string): TypedCondition {
  const { formula, problems } = typeOf(parse(text), fieldsOf(table), "condition");
  if (formula === null) {
    throw invalidFilter(problems);
  }
  return { ...formula, root: asked(formula.root, table) };
}

/** The same condition in the forms that PostgreSQL answers best. */
export function asked(root: Typed, table: Table): Typed {
  return mapCalls(root, (call) => {
    const found = foundAnywhere(call);
    return found.op === "call" ? comparedById(found, table) : found;
  });
}

const indexes = new WeakMap<Table, FieldIndex<FormulaField>>();

/** The fields of a table as conditions name them; those that cannot be computed are errors. */
export function fieldsOf(table: Table): FieldIndex<FormulaField> {
  let index = indexes.get(table);
  if (index === undefined) {
    index = fieldIndex(table.fields.map((field) => formulaField(field) ?? invalidField(field)));
    indexes.set(table, index);
  }
  return index;
}

function invalidField({ id, name }: Field): FormulaField {
  return { id, name, kind: { type: "text" }, canFail: true, canBeBlank: true };
}
