/**
 * The formula language: a text becomes a tree, a typed tree, and then a value here or an expression in SQL.
 * Pure: it knows no table, no request and no clock; fields, records and the present instant are given to it.
 */
export { cycleIn, computingOrder, type DependencyGraph } from "./language/dependencies.ts";
export { FORMULA_MAX_CHARACTERS, NESTING_MAX_LEVELS, TREE_MAX_NODES } from "./language/limits.ts";
export {
  fieldIndex,
  referencedFieldIds,
  ROLLUP_VALUES,
  toNamedText,
  toStoredText,
  unknownFields,
  type FieldIndex,
  type NamedField,
} from "./language/names.ts";
export { parse, type ParsedFormula } from "./language/parse.ts";
export { messageOf, type FormulaProblem, type FormulaProblemCode } from "./language/problems.ts";
export { printField, printText, printTree, type Node } from "./language/tree.ts";
export {
  arrayKind,
  booleanKind,
  countKind,
  dateTimeKind,
  numberKind,
  textKind,
  type ArrayKind,
  type Kind,
} from "./types/kinds.ts";
export { comparedInstant, dayAsInstant } from "./types/instants.sql.ts";
export { outlineOf, type Outline } from "./types/outline.ts";
export { resultOf, type ResultType } from "./types/result.ts";
export type { SqlContext, SqlField, Typed } from "./types/typed.ts";
export {
  typeOf,
  type FormulaField,
  type Purpose,
  type TypedFormula,
  type Typing,
} from "./types/type-of.ts";
export {
  compile,
  compileCondition,
  compileTogether,
  type CompiledCondition,
  type CompiledFormula,
  type CompiledFormulas,
  type FormulaOfField,
} from "./compile/compile.sql.ts";
export { quoteLiteral, sqlTypeOf, withoutParameters } from "./compile/literals.sql.ts";
export {
  evaluate,
  evaluatorOf,
  holds,
  type EvaluationContext,
  type Evaluator,
  type FormulaRecord,
} from "./evaluate.ts";
export {
  errorValue,
  isError,
  type DateValue,
  type ErrorValue,
  type Value,
} from "./values/value.ts";
export {
  allExamples,
  allFunctions,
  functionNamed,
  type PlacedExample,
} from "./functions/registry.ts";
export type { FormulaFunction } from "./functions/definition.ts";
export { exampleRun, type Example, type ExampleValue, type Mark } from "./functions/example.ts";
export { installScript, type InstallScript } from "./sql/install.ts";
export { patternFault } from "./values/patterns.ts";
export { operandsOf } from "./types/uses.ts";
