import { CELL_TEXT_MAX_CHARACTERS } from "@basalt/contract";
import type { Field } from "./field-type.ts";
import { cellRefused } from "./refusals.ts";

/**
 * Text as a cell can hold it. NUL is refused, because PostgreSQL cannot store it. Half a surrogate pair becomes U+FFFD
 * instead of being refused: it comes from programs that cut text in the middle of an emoji, and one broken character is
 * no reason to lose the record. Problem: `records.cell-refused`.
 */
export function cleanText(
  text: string,
  field: Field,
  maxCharacters: number = CELL_TEXT_MAX_CHARACTERS,
): string {
  if (text.includes("\0")) {
    throw cellRefused(field, "text cannot hold the NUL character");
  }
  if (longerThan(text, maxCharacters)) {
    throw cellRefused(
      field,
      `text may have at most ${maxCharacters.toLocaleString("en")} characters`,
    );
  }
  return text.toWellFormed();
}

/** True where the text has more code points than that. */
export function longerThan(text: string, maxCharacters: number): boolean {
  if (text.length <= maxCharacters) {
    return false;
  }
  if (text.length > 2 * maxCharacters) {
    return true;
  }
  let pairs = 0;
  for (let at = 0; at < text.length - 1; at += 1) {
    if ((text.codePointAt(at) ?? 0) > 0xffff) {
      pairs += 1;
      at += 1;
    }
  }
  return text.length - pairs > maxCharacters;
}

/** The text of a scalar that typecast accepts where text is wanted; undefined for anything else. */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === "string") {
    return value;
  }
  return typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))
    ? String(value)
    : undefined;
}

/**
 * Several texts as one: joined with `, `; one that holds a comma or a double quote stands in double quotes, with inner
 * quotes and backslashes escaped, so that `splitList` gives the same texts again.
 */
export function joinList(texts: readonly string[]): string {
  return texts
    .map((text) => (/[",]/.test(text) ? `"${text.replaceAll(/["\\]/g, "\\$&")}"` : text))
    .join(", ");
}

/** The texts of a comma-separated list; quotes hold commas, `\"` and `""` stand for a quote. Empty ones are left out. */
export function splitList(text: string): string[] {
  const texts: string[] = [];
  let current = "";
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? "";
    const next = text[at + 1] ?? "";
    if (
      quoted &&
      ((character === "\\" && (next === '"' || next === "\\")) ||
        (character === '"' && next === '"'))
    ) {
      current += next;
      at += 1;
    } else if (character === '"' && (quoted || current.trim() === "")) {
      quoted = !quoted;
    } else if (character === "," && !quoted) {
      texts.push(current.trim());
      current = "";
    } else {
      current += character;
    }
  }
  texts.push(current.trim());
  return texts.filter((item) => item !== "");
}
