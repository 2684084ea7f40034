/**
 * The elements of a one-dimensional array as PostgreSQL writes it: `{a,"b,c",NULL}`. Nulls are left out: no cell of
 * ours holds any.
 */
export function arrayElements(literal: string): string[] {
  if (literal.length <= 2) {
    return [];
  }
  if (literal.includes('"')) {
    return quotedElements(literal);
  }
  const elements = literal.slice(1, -1).split(",");
  return literal.includes("NULL") ? elements.filter((element) => element !== "NULL") : elements;
}

function quotedElements(literal: string): string[] {
  const elements: string[] = [];
  let at = 1;
  while (at < literal.length - 1) {
    if (literal[at] === '"') {
      let text = "";
      for (at += 1; literal[at] !== '"' && at < literal.length; at += 1) {
        if (literal[at] === "\\") {
          at += 1;
        }
        text += literal[at] ?? "";
      }
      elements.push(text);
      at += 2;
    } else {
      const comma = literal.indexOf(",", at);
      const end = comma === -1 ? literal.length - 1 : comma;
      const text = literal.slice(at, end);
      if (text !== "NULL") {
        elements.push(text);
      }
      at = end + 1;
    }
  }
  return elements;
}

/** The same with its nulls. */
export function arrayCells(literal: string): (string | null)[] {
  return literal.length <= 2
    ? []
    : Array.from(literal.slice(1, -1).matchAll(ELEMENT), ([, quoted, plain = ""]) => {
        if (quoted !== undefined) {
          return quoted.replaceAll(/\\([^])/g, "$1");
        }
        return plain === "NULL" ? null : plain;
      });
}

const ELEMENT = /(?:"((?:[^"\\]|\\[^])*)"|([^,"]+))(?:,|$)/g;
