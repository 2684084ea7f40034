import {
  type Choice,
  CHOICE_NAME_MAX_CHARACTERS,
  type ChoiceInput,
  CHOICES_MAX,
  choicesInput,
  lightChoiceColors,
} from "@basalt/contract";
import type { Problem } from "#kernel";
import { longerThan, scalarText } from "./cell-text.ts";
import type { Field, OptionsContext, WriteContext } from "./field-type.ts";
import { jsonText } from "./json-text.ts";
import { badOptions, cellRefused, checkOptions, unknownChoice } from "./refusals.ts";

/** Options of both select types: the choices in the order in which they are shown and sorted. */
export interface ChoiceOptions {
  readonly choices: readonly Choice[];
}

/** Choices for a new field: ids are given here, colours where there is none. Problem: `records.bad-field-options`. */
export function createChoices(input: unknown, context: OptionsContext): ChoiceOptions {
  const { choices } = checkOptions(choicesInput, input, context);
  return settle(
    choices.map((choice) => (context.keepIds === true ? choice : withoutId(choice))),
    context,
  );
}

/**
 * The whole new list of a field's choices: those with a known id keep their cells and take the new name, colour and
 * place; new ones get an id; those left out are gone, and cells that hold them read as empty.
 * Problem: `records.bad-field-options`.
 */
export function changeChoices(
  input: unknown,
  current: ChoiceOptions,
  context: OptionsContext,
): ChoiceOptions {
  const { choices } = checkOptions(choicesInput, input, context);
  const known = new Map(current.choices.map((choice) => [choice.id, choice]));
  const settled = choices.map((choice): ChoiceInput => {
    if (choice.id === undefined) {
      const same = current.choices.find(({ name }) => name === choice.name);
      return same === undefined || choices.some(({ id }) => id === same.id)
        ? choice
        : { ...same, ...choice, id: same.id };
    }
    const before = known.get(choice.id);
    if (before === undefined) {
      throw badOptions(context, `options.choices: the field has no choice ${choice.id}`);
    }
    return { ...before, ...choice };
  });
  return settle(settled, context);
}

/**
 * The field's options with more choices at the end, coloured in turn: what typecast asked for.
 * Problem: `records.cell-refused`, where that are more than a field can have.
 */
export function withChoices(
  field: Field<ChoiceOptions>,
  added: readonly Pick<Choice, "id" | "name">[],
): ChoiceOptions {
  const choices = [...field.options.choices];
  if (choices.length + added.length > CHOICES_MAX) {
    throw tooManyChoices(field);
  }
  for (const { id, name } of added) {
    choices.push({ id, name, color: turnColor(choices.length) });
  }
  return { ...field.options, choices };
}

function tooManyChoices(field: Field): Problem {
  return cellRefused(field, `a field has at most ${CHOICES_MAX.toLocaleString("en")} choices`);
}

function settle(choices: readonly ChoiceInput[], context: OptionsContext): ChoiceOptions {
  const names = new Set<string>();
  const ids = new Set<string>();
  const settled = choices.map((choice, place): Choice => {
    const name = checkedName(choice.name, context);
    const id = choice.id ?? context.newId("sel");
    if (names.has(name) || ids.has(id)) {
      throw badOptions(context, `options.choices.${place}: ${JSON.stringify(name)} is there twice`);
    }
    names.add(name);
    ids.add(id);
    return { id, name, color: choice.color ?? turnColor(place) };
  });
  return { choices: settled };
}

function withoutId({ id: _id, ...choice }: ChoiceInput): ChoiceInput {
  return choice;
}

function checkedName(name: string, context: OptionsContext): string {
  if (name.includes("\0") || longerThan(name, CHOICE_NAME_MAX_CHARACTERS)) {
    throw badOptions(
      context,
      `options.choices: a name has at most ${CHOICE_NAME_MAX_CHARACTERS} characters and no NUL`,
    );
  }
  return name.toWellFormed();
}

function turnColor(place: number): NonNullable<Choice["color"]> {
  return lightChoiceColors[place % lightChoiceColors.length] ?? "blueLight2";
}

interface ChoiceIndex {
  readonly idByName: ReadonlyMap<string, string>;
  readonly nameById: ReadonlyMap<string, string>;
  /** The name as JSON text. */
  readonly jsonById: ReadonlyMap<string, string>;
}

const indexes = new WeakMap<ChoiceOptions, ChoiceIndex>();

/** The choices by name and by id; made once for each version of the options. */
export function choiceIndex(options: ChoiceOptions): ChoiceIndex {
  let index = indexes.get(options);
  if (index === undefined) {
    index = {
      idByName: new Map(options.choices.map(({ id, name }) => [name, id])),
      nameById: new Map(options.choices.map(({ id, name }) => [id, name])),
      jsonById: new Map(options.choices.map(({ id, name }) => [id, jsonText(name)])),
    };
    indexes.set(options, index);
  }
  return index;
}

/** The id of the choice with exactly this name. Problem: `records.unknown-choice`. */
export function chosen(name: string, field: Field<ChoiceOptions>): string {
  const id = choiceIndex(field.options).idByName.get(name);
  if (id === undefined) {
    throw unknownChoice(field, name);
  }
  return id;
}

/**
 * The id of the choice with this name, spaces around it aside; one that is not there is asked for.
 * Problems: `records.cell-refused` and whatever `newChoice` refuses with.
 */
export function chosenOrNew(
  value: unknown,
  field: Field<ChoiceOptions>,
  context: WriteContext,
): string | null {
  const text = scalarText(value);
  if (text === undefined) {
    throw cellRefused(field);
  }
  const { idByName } = choiceIndex(field.options);
  const name = text.trim().toWellFormed();
  const id = idByName.get(text) ?? idByName.get(name);
  if (id !== undefined || name === "") {
    return id ?? null;
  }
  if (name.includes("\0") || longerThan(name, CHOICE_NAME_MAX_CHARACTERS)) {
    throw cellRefused(
      field,
      `a choice has at most ${CHOICE_NAME_MAX_CHARACTERS} characters and no NUL`,
    );
  }
  if (field.options.choices.length >= CHOICES_MAX) {
    throw tooManyChoices(field);
  }
  return context.newChoice(field.id, name);
}
