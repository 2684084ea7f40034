import { arrayCells } from "./array-literal.ts";
import { joinList } from "./cell-text.ts";
import type { FromText } from "./field-type.ts";

/** `#ERROR!` as the API writes it. */
const ERROR_JSON = '{"error":"#ERROR!"}';
/** The same for people. */
const ERROR_TEXT = "#ERROR!";

/**
 * The text of a cell that can be an error begins with what tells them apart: `E` for an error, `V` before a value; for
 * a list the places of its errors, from 1, and a bar: `2,5|{…}`.
 */
export function unmarked(read: FromText, error: "json" | "text"): FromText {
  const shown = error === "json" ? ERROR_JSON : ERROR_TEXT;
  return (text) => (text === null ? null : text.startsWith("E") ? shown : read(text.slice(1)));
}

/** One element of a list to JSON or text. */
export interface ListReading {
  readonly element: FromText;
  /** The elements are JSON in one `jsonb` array. */
  readonly jsonb: boolean;
  readonly marked: boolean;
}

/** A list as a JSON array; one without anything in it is an empty cell. */
export function listJson(reading: ListReading): FromText {
  return (text) => {
    const elements = elementsOf(text, reading);
    const json = elements.map(({ cell, failed }) =>
      failed ? ERROR_JSON : cell === null ? null : reading.element(cell),
    );
    return json.every((one) => one === null)
      ? null
      : `[${json.map((one) => one ?? "null").join(",")}]`;
  };
}

/** A list for people: what is in it, joined. */
export function listText(reading: ListReading): FromText {
  return (text) => {
    const shown = elementsOf(text, reading).flatMap(({ cell, failed }) =>
      failed ? [ERROR_TEXT] : cell === null ? [] : (reading.element(cell) ?? []),
    );
    return joinList(shown) || null;
  };
}

function elementsOf(
  text: string | null,
  { jsonb, marked }: ListReading,
): readonly { readonly cell: string | null; readonly failed: boolean }[] {
  if (text === null) {
    return [];
  }
  const bar = marked ? text.indexOf("|") : -1;
  const places = bar > 0 ? new Set(text.slice(0, bar).split(",").map(Number)) : undefined;
  const literal = text.slice(bar + 1);
  const cells = jsonb
    ? (JSON.parse(literal) as unknown[]).map((one) => (one === null ? null : JSON.stringify(one)))
    : arrayCells(literal);
  return cells.map((cell, at) => ({ cell, failed: places?.has(at + 1) ?? false }));
}
