import { DESCRIPTION_MAX_CHARACTERS } from "@basalt/contract";
import { longerThan } from "../field-types/cell-text.ts";
import { nameKey } from "./base-schema.ts";
import { NAME_MAX_CHARACTERS } from "./limits.ts";
import { badSchema, duplicateOrEmptyFieldName } from "./refusals.ts";

/**
 * A name as it is kept. No name is reserved: tables and columns are called by their ids. Problem: `records.bad-schema`
 * where it is blank, too long or holds NUL.
 */
export function checkedName(name: string, input: string): string {
  if (name.trim() === "") {
    throw badSchema(input, "must not be empty");
  }
  if (name.includes("\0")) {
    throw badSchema(input, "cannot hold the NUL character");
  }
  if (longerThan(name, NAME_MAX_CHARACTERS)) {
    throw badSchema(input, `may have at most ${NAME_MAX_CHARACTERS} characters`);
  }
  return name.toWellFormed();
}

/** The same for a field. Problems: `records.duplicate-or-empty-field-name`, `records.bad-schema`. */
export function checkedFieldName(name: string): string {
  if (name.trim() === "") {
    throw duplicateOrEmptyFieldName(name);
  }
  return checkedName(name, "name");
}

/** A description as it is kept: null where there is none. Problem: `records.bad-schema`. */
export function checkedDescription(description: string | null | undefined): string | null {
  if (description === undefined || description === null || description === "") {
    return null;
  }
  if (description.includes("\0")) {
    throw badSchema("description", "cannot hold the NUL character");
  }
  if (longerThan(description, DESCRIPTION_MAX_CHARACTERS)) {
    throw badSchema("description", `may have at most ${DESCRIPTION_MAX_CHARACTERS} characters`);
  }
  return description.toWellFormed();
}

/** The name, or the name with the first number that makes it free: `Orders`, `Orders 2`, `Orders 3`. */
export function freeName(wanted: string, taken: ReadonlySet<string>): string {
  if (!taken.has(nameKey(wanted))) {
    return wanted;
  }
  for (let number = 2; ; number += 1) {
    const suffix = ` ${number}`;
    const characters = Array.from(wanted).slice(0, NAME_MAX_CHARACTERS - suffix.length);
    const name = `${characters.join("")}${suffix}`;
    if (!taken.has(nameKey(name))) {
      return name;
    }
  }
}
