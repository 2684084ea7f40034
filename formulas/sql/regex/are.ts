import { CODE_MAX, complement, wordCodes, type CodeSet } from "./sets.ts";
import type { Assertion, Node } from "./syntax.ts";

/** PostgreSQL counts repetitions no further. */
const REPEAT_MAX = 255;
/** Letters of an expression that PostgreSQL still takes without finding it too complex. */
const LENGTH_MAX = 20_000;

/**
 * The same language as a regular expression of PostgreSQL, with every set written out so that no collation has a say; null when
 * PostgreSQL has no such expression. Groups keep their numbers.
 */
export function areOf(tree: Node): string | null {
  const made = written(tree);
  return made === null || made.length > LENGTH_MAX ? null : made;
}

function written(node: Node): string | null {
  switch (node.op) {
    case "set":
      return writtenSet(node.set);
    case "assert":
      return assertions[node.what];
    case "sequence":
      return joined(node.parts.map(writtenPart), "");
    case "choice":
      return joined(node.parts.map(written), "|");
    case "group": {
      const part = written(node.part);
      return part === null ? null : `(${part})`;
    }
    case "repeat":
      return writtenRepeat(node);
  }
}

function writtenPart(node: Node): string | null {
  const made = written(node);
  return made !== null && node.op === "choice" ? `(?:${made})` : made;
}

function writtenRepeat({
  part,
  min,
  max,
  greedy,
}: Node & { readonly op: "repeat" }): string | null {
  const made = written(part);
  const counted = max === Infinity ? min : max;
  if (made === null || counted > REPEAT_MAX || min > max || isEmpty(part)) {
    return null;
  }
  const atom = part.op === "set" || part.op === "group" ? made : `(?:${made})`;
  const sign = signs[`${min},${max}`] ?? `{${min},${max === Infinity ? "" : max}}`;
  return `${atom}${sign}${greedy ? "" : "?"}`;
}

const signs: Readonly<Record<string, string>> = {
  "0,1": "?",
  "0,Infinity": "*",
  "1,Infinity": "+",
};

/** True for what takes no character whatever the text: PostgreSQL refuses to repeat it. */
function isEmpty(node: Node): boolean {
  switch (node.op) {
    case "set":
      return false;
    case "assert":
      return true;
    case "group":
    case "repeat":
      return isEmpty(node.part);
    default:
      return node.parts.every(isEmpty);
  }
}

function joined(parts: readonly (string | null)[], separator: string): string | null {
  return parts.includes(null) ? null : parts.join(separator);
}

/** Texts hold neither code point 0 nor halves of characters. */
const unheld: readonly (readonly [number, number])[] = [
  [0, 0],
  [0xd8_00, 0xdf_ff],
];

const word = writtenSet(wordCodes);
const assertions: Readonly<Record<Assertion, string>> = {
  "text-start": String.raw`\A`,
  "text-end": String.raw`\Z`,
  "line-start": String.raw`(?<![^\n])`,
  "line-end": String.raw`(?![^\n])`,
  "word-edge": `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`,
  "no-word-edge": `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word}))`,
};

function writtenSet(set: CodeSet): string {
  const held = without(set);
  const missing = without(complement(set));
  if (missing.length === 0) {
    return ".";
  }
  if (held.length === 0) {
    return "(?:(?=a)(?=b)a)";
  }
  const [[first, last] = [0, 0]] = held;
  if (held.length === 1 && first === last) {
    return code(first);
  }
  const ranges = (some: CodeSet) =>
    some.map(([from, to]) => (from === to ? code(from) : `${code(from)}-${code(to)}`)).join("");
  return missing.length < held.length ? `[^${ranges(missing)}]` : `[${ranges(held)}]`;
}

function without(set: CodeSet): CodeSet {
  return unheld.reduce<CodeSet>(
    (rest, [from, to]) =>
      rest.flatMap(([first, last]): (readonly [number, number])[] =>
        last < from || first > to
          ? [[first, last]]
          : [
              ...(first < from ? [[first, from - 1] as const] : []),
              ...(last > to ? [[to + 1, last] as const] : []),
            ],
      ),
    set,
  );
}

function code(value: number): string {
  if (/^[A-Za-z0-9]$/.test(String.fromCodePoint(Math.min(value, CODE_MAX)))) {
    return String.fromCodePoint(value);
  }
  const hex = value.toString(16);
  return value > 0xff_ff ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
}
