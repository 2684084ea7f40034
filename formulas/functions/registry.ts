import { aggregateFunctions } from "./aggregate.ts";
import { arrayFunctions } from "./array.ts";
import { dateFunctions } from "./date.ts";
import { dateDistanceFunctions } from "./date-distance.ts";
import { dateTextFunctions } from "./date-text.ts";
import type { FormulaFunction } from "./definition.ts";
import type { Example } from "./example.ts";
import { logicFunctions } from "./logic.ts";
import { numberFunctions } from "./number.ts";
import { operatorExamples } from "./operators.ts";
import { recordFunctions } from "./record.ts";
import { regexFunctions } from "./regex.ts";
import { textFunctions } from "./text.ts";

/** Every function of the language; to add one, add an entry to its family. */
export const allFunctions: readonly FormulaFunction[] = [
  ...logicFunctions,
  ...numberFunctions,
  ...aggregateFunctions,
  ...textFunctions,
  ...regexFunctions,
  ...dateFunctions,
  ...dateDistanceFunctions,
  ...dateTextFunctions,
  ...arrayFunctions,
  ...recordFunctions,
];

const byName: ReadonlyMap<string, FormulaFunction> = new Map(
  allFunctions.map((definition) => [definition.name, definition]),
);

/** The function with a name in capitals. */
export function functionNamed(name: string): FormulaFunction | undefined {
  return byName.get(name);
}

/** The names of all functions, for completion and suggestions. */
export function functionNames(): Iterable<string> {
  return byName.keys();
}

/** An example with the function, or "operators", that it belongs to. */
export interface PlacedExample extends Example {
  readonly section: string;
}

/** Every example of the language: what tests run and documentation shows. */
export const allExamples: readonly PlacedExample[] = [
  ...operatorExamples.map((one) => ({ ...one, section: "operators" })),
  ...allFunctions.flatMap(({ name, examples }) =>
    examples.map((one) => ({ ...one, section: name })),
  ),
];
