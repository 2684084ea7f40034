import {
  type ChoiceOptions,
  changeChoices,
  choiceIndex,
  chosen,
  chosenOrNew,
  createChoices,
} from "./choices.ts";
import type { FieldType } from "./field-type.ts";
import { cellRefused } from "./refusals.ts";
import { choiceKeys } from "./sort-keys.sql.ts";

/** One choice, stored by its id, read and written by its name. A choice that is gone reads as empty. */
export const singleSelect: FieldType<ChoiceOptions> = {
  name: "singleSelect",
  computed: false,
  primaryAllowed: false,
  creatable: "yes",
  recordsetType: "text",
  mergeType: "text",
  needs: "nothing",
  column: () => ({ own: true, sqlType: 'text collate "C"' }),
  createOptions: createChoices,
  changeOptions: changeChoices,
  airtableOptions: (options) => ({ choices: options.choices }),
  parse(value, field) {
    if (value === null || value === "") {
      return null;
    }
    if (typeof value !== "string") {
      throw cellRefused(field);
    }
    return chosen(value, field);
  },
  typecast(value, field, context) {
    if (value === null) {
      return null;
    }
    if (Array.isArray(value) && value.length <= 1) {
      return value.length === 0 ? null : chosenOrNew(value[0], field, context);
    }
    return chosenOrNew(value, field, context);
  },
  compileJson({ options }) {
    const { jsonById } = choiceIndex(options);
    return (text) => (text === null ? null : (jsonById.get(text) ?? null));
  },
  compileShow({ options }) {
    const { nameById } = choiceIndex(options);
    return (text) => (text === null ? null : (nameById.get(text) ?? null));
  },
  sortKeys: ({ options }, column) =>
    choiceKeys(
      column,
      options.choices.map(({ id }) => id),
    ),
};
