import type { FieldTypeName } from "@basalt/contract";
import { definedOptions, hasWorkedOptions } from "../computed/defined-options.ts";
import { isComputed } from "../computed/definitions.ts";
import type { FieldType, OptionsContext } from "../field-types/field-type.ts";
import { keptOptions } from "../fields/plan-fields.ts";
import type { Field } from "../schema/base-schema.ts";
import type { FieldOfDefinition } from "./base-definition.ts";

type Options = Readonly<Record<string, unknown>>;

/**
 * The options of a field that comes with a definition, as they are kept. A computed field is not valid yet: it becomes so
 * when it can be computed. Problem: `records.bad-field-options`.
 */
export function optionsOfDefinition(
  field: FieldOfDefinition,
  type: FieldType,
  context: OptionsContext,
): Options {
  const given = { ...field.options };
  switch (type.name) {
    case "multipleRecordLinks": {
      const input = only(given, [
        "linkedTableId",
        "prefersSingleRecordLink",
        "viewIdForRecordSelection",
      ]);
      return { ...given, ...kept(type, input, context) };
    }
    case "createdTime":
      return kept(type, only(given, ["result"]), context);
    case "lastModifiedTime":
      return computed(type, kept(type, only(given, ["result", "referencedFieldIds"]), context));
    case "lastModifiedBy":
      return computed(type, kept(type, only(given, ["referencedFieldIds"]), context));
    case "formula":
    case "button":
      return computed(type, kept(type, asked(type, given), context));
    case "rollup":
    case "multipleLookupValues":
    case "count":
      return computed(type, linkedOptions(type, asked(type, given), context));
    default:
      return kept(type, field.options ?? undefined, context);
  }
}

function kept(type: FieldType, input: Options | undefined, context: OptionsContext): Options {
  return keptOptions(type.createOptions(input, context), context);
}

function only(options: Options, keys: readonly string[]): Options {
  return Object.fromEntries(Object.entries(options).filter(([key]) => keys.includes(key)));
}

/** What somebody asked for, out of what is kept or shown. */
function asked({ name }: FieldType, options: Options): Options {
  const field = { type: name, options };
  return hasWorkedOptions(field) ? definedOptions(field) : options;
}

/** Airtable shows a field that has lost what it is computed from with nulls, or without these options. */
function linkedOptions(type: FieldType, input: Options, context: OptionsContext): Options {
  const wanted = type.name === "count" ? linkIds.slice(0, 1) : linkIds;
  const lost = wanted.filter((key) => typeof input[key] !== "string");
  const filled = { ...input, ...Object.fromEntries(lost.map((key) => [key, ANY_FIELD])) };
  const options = kept(type, filled, context);
  return Object.fromEntries(Object.entries(options).filter(([key]) => !lost.includes(key)));
}

const linkIds: readonly string[] = ["recordLinkFieldId", "fieldIdInLinkedTable"];
/** Stands in while the other options are checked. */
const ANY_FIELD = "fldXXXXXXXXXXXXXX";

function computed({ name }: { readonly name: FieldTypeName }, options: Options): Field["options"] {
  return isComputed({ type: name, options }) ? { ...options, isValid: false } : options;
}
