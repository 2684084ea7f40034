import type { Field } from "../schema/base-schema.ts";
import { isComputed } from "./definitions.ts";
import { stateKeys } from "./settle-field.ts";

/**
 * The options that make a field again: of a computed one what somebody asked for, without what is worked out of it. How
 * its result is to be shown is called `result`, as in a request.
 */
export function definedOptions(
  field: Pick<Field, "type" | "options">,
): Readonly<Record<string, unknown>> {
  const { options } = field;
  if (!isComputed(field)) {
    return options;
  }
  const kept = Object.entries(options).flatMap(([key, value]): [string, unknown][] => {
    if (isWatch(field)) {
      return key === "result" || key === "referencedFieldIds" ? [[key, value]] : [];
    }
    if (key === "format") {
      return [["result", value]];
    }
    return stateKeys.has(key) ? [] : [[key, value]];
  });
  return Object.fromEntries(kept);
}

/** True for options as they are kept, with what was worked out. */
export function hasWorkedOptions({ options }: Pick<Field, "options">): boolean {
  return "sqlType" in options;
}

function isWatch({ type }: Pick<Field, "type">): boolean {
  return type === "lastModifiedTime" || type === "lastModifiedBy";
}
