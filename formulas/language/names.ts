import { unknownName, type FormulaProblem } from "./problems.ts";
import type { ParsedFormula } from "./parse.ts";
import { fieldNodesOf, printField, type FieldNode } from "./tree.ts";

/** A field as a formula can name it. */
export interface NamedField {
  readonly id: string;
  readonly name: string;
}

/** Finds fields by what stands in the braces: id first, then the exact name, then the name ignoring case. */
export interface FieldIndex<Field extends NamedField = NamedField> {
  readonly find: (reference: string) => Field | undefined;
  readonly names: () => readonly string[];
}

/** Prepares the fields of a table for looking up; worth keeping as long as they do not change. */
export function fieldIndex<Field extends NamedField>(fields: readonly Field[]): FieldIndex<Field> {
  const byId = new Map(fields.map((field) => [field.id, field]));
  const byName = new Map(fields.map((field) => [field.name, field]));
  const byLowerName = new Map(fields.map((field) => [field.name.toLowerCase(), field]));
  return {
    find: (reference) =>
      byId.get(reference) ?? byName.get(reference) ?? byLowerName.get(reference.toLowerCase()),
    names: () => fields.map(({ name }) => name),
  };
}

/** The ids of the fields that a formula refers to, each once, in the order of the text. */
export function referencedFieldIds(formula: ParsedFormula, fields: FieldIndex): readonly string[] {
  const ids = referencesOf(formula).flatMap(({ name }) => fields.find(name)?.id ?? []);
  return [...new Set(ids)];
}

/** One problem for each reference to a field that does not exist. */
export function unknownFields(
  formula: ParsedFormula,
  fields: FieldIndex,
): readonly FormulaProblem[] {
  return referencesOf(formula)
    .filter(({ name }) => fields.find(name) === undefined)
    .map(({ name, at, end }) =>
      unknownName("unknown-field", name, { at, end, known: fields.names() }),
    );
}

/** The formula text with every field by id, everything else as it was written: the form that survives renames. */
export function toStoredText(formula: ParsedFormula, fields: FieldIndex): string {
  return withReferences(formula, (name) => fields.find(name)?.id);
}

/** The formula text with every field by its present name, for people. A field that is gone keeps its id. */
export function toNamedText(formula: ParsedFormula, fields: FieldIndex): string {
  return withReferences(formula, (name) => fields.find(name)?.name);
}

function withReferences(
  formula: ParsedFormula,
  spell: (reference: string) => string | undefined,
): string {
  let text = "";
  let copied = 0;
  for (const { name, at, end } of referencesOf(formula)) {
    const spelt = spell(name);
    text += formula.source.slice(copied, at);
    // The values of a rollup are a word of the language and stay one.
    text +=
      spelt === undefined || spelt === ROLLUP_VALUES
        ? formula.source.slice(at, end)
        : printField(spelt);
    copied = end;
  }
  return text + formula.source.slice(copied);
}

/** The id and the name under which the formula of a rollup finds the values of the linked records. */
export const ROLLUP_VALUES = "values";

function referencesOf({ tree }: ParsedFormula): readonly FieldNode[] {
  return tree === null ? [] : fieldNodesOf(tree);
}
