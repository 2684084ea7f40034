import { arrayElements } from "./array-literal.ts";
import { joinList, splitList } from "./cell-text.ts";
import {
  type ChoiceOptions,
  changeChoices,
  choiceIndex,
  chosen,
  chosenOrNew,
  createChoices,
} from "./choices.ts";
import type { FieldType, Stored } from "./field-type.ts";
import { cellRefused } from "./refusals.ts";
import { choiceListKeys } from "./sort-keys.sql.ts";

/** Several choices in the order in which they were written, each once. */
export const multipleSelects: FieldType<ChoiceOptions> = {
  name: "multipleSelects",
  computed: false,
  primaryAllowed: false,
  creatable: "yes",
  recordsetType: "text[]",
  mergeType: "text[]",
  needs: "nothing",
  column: () => ({ own: true, sqlType: "text[]" }),
  createOptions: createChoices,
  changeOptions: changeChoices,
  airtableOptions: (options) => ({ choices: options.choices }),
  parse(value, field) {
    if (value === null) {
      return null;
    }
    if (!Array.isArray(value)) {
      throw cellRefused(field);
    }
    return distinct(
      value.map((name: unknown) => {
        if (typeof name !== "string") {
          throw cellRefused(field);
        }
        return chosen(name, field);
      }),
    );
  },
  typecast(value, field, context) {
    if (value === null) {
      return null;
    }
    if (typeof value !== "string") {
      const names: readonly unknown[] = Array.isArray(value) ? value : [value];
      return distinct(names.map((name) => chosenOrNew(name, field, context)));
    }
    // A choice whose own name holds a comma is meant as it stands.
    const whole = choiceIndex(field.options).idByName.get(value);
    return whole === undefined
      ? distinct(splitList(value).map((name) => chosenOrNew(name, field, context)))
      : [whole];
  },
  compileJson({ options }) {
    const { jsonById } = choiceIndex(options);
    return (text) => {
      if (text === null) {
        return null;
      }
      let json = "";
      for (const id of arrayElements(text)) {
        const name = jsonById.get(id);
        if (name !== undefined) {
          json += json === "" ? name : `,${name}`;
        }
      }
      return json === "" ? null : `[${json}]`;
    };
  },
  compileShow({ options }) {
    const { nameById } = choiceIndex(options);
    return (text) =>
      text === null
        ? null
        : joinList(arrayElements(text).flatMap((id) => nameById.get(id) ?? [])) || null;
  },
  sortKeys: ({ options }, column) =>
    choiceListKeys(
      column,
      options.choices.map(({ id }) => id),
    ),
};

function distinct(ids: readonly (string | null)[]): Stored {
  const known = new Set(ids.filter((id) => id !== null));
  return known.size === 0 ? null : [...known];
}
