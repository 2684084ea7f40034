import { syntaxProblem, type FormulaProblem } from "./problems.ts";

/** A word of the formula text. `text` is what it means: the string without quotes, the name without braces. */
export interface Token {
  readonly type: "number" | "text" | "name" | "field" | "sign" | "end";
  readonly text: string;
  readonly at: number;
  readonly end: number;
}

/** Either all tokens of a text (the last is `end`) or the first thing that is none. */
export type Tokens =
  | { readonly tokens: readonly Token[]; readonly problem: null }
  | { readonly tokens: null; readonly problem: FormulaProblem };

const SPACE = /[ \t\r\n\u00a0]+/y;
const NUMBER = /\d+(?:\.\d+)?|\.\d+/y;
const NAME = /[\p{L}_][\p{L}\p{M}\p{N}_]*/uy;
const OPERATOR = /!=|<=|>=|[(),=<>&+\-*/]/y;
const AFTER_NUMBER = /[\p{L}\p{N}_.]/uy;

/** Spellings of other languages, and what to write here instead. */
const foreign: readonly (readonly [string, string])[] = [
  ["==", "Write = to compare"],
  ["<>", "Write != for not equal"],
  ["&&", "Write AND(…, …)"],
  ["||", "Write OR(…, …)"],
  ["//", "Formulas have no comments"],
  ["/*", "Formulas have no comments"],
  ["**", "Write POWER(base, exponent)"],
  ["^", "Write POWER(base, exponent)"],
  ["%", "Write MOD(number, divisor), or divide by 100"],
  ["!", "Write NOT(…), or != for not equal"],
  ["“", 'Write straight quotes: "'],
  ["”", 'Write straight quotes: "'],
  ["‘", "Write straight quotes: '"],
  ["’", "Write straight quotes: '"],
  [";", "Write , between arguments"],
];

/** Cuts a formula text into tokens, in one pass. */
export function tokensOf(source: string): Tokens {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const afterSpace = matchEnd(SPACE, source, at);
    if (afterSpace !== null) {
      at = afterSpace;
      continue;
    }
    const token = tokenAt(source, at);
    if (!("type" in token)) {
      return { tokens: null, problem: token };
    }
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ type: "end", text: "", at: source.length, end: source.length });
  return { tokens, problem: null };
}

function tokenAt(source: string, at: number): Token | FormulaProblem {
  const start = source[at] ?? "";
  if (start === '"' || start === "'") {
    return quoted(source, at);
  }
  if (start === "{") {
    return braced(source, at);
  }
  const number = matchEnd(NUMBER, source, at);
  if (number !== null) {
    return matchEnd(AFTER_NUMBER, source, number) === null
      ? { type: "number", text: source.slice(at, number), at, end: number }
      : syntaxProblem(
          "A number is followed by something that does not belong to it",
          number,
          number + 1,
        );
  }
  const name = matchEnd(NAME, source, at);
  if (name !== null) {
    return { type: "name", text: source.slice(at, name), at, end: name };
  }
  const operator = matchEnd(OPERATOR, source, at);
  const hint = foreign.find(([spelling]) => source.startsWith(spelling, at));
  if (hint !== undefined && !(operator !== null && source.slice(at, operator) === "!=")) {
    return syntaxProblem(
      `${hint[1]}; ${hint[0]} is not part of the language`,
      at,
      at + hint[0].length,
    );
  }
  return operator === null
    ? syntaxProblem(`${start} is not part of the language`, at, at + 1)
    : { type: "sign", text: source.slice(at, operator), at, end: operator };
}

function matchEnd(pattern: RegExp, source: string, at: number): number | null {
  pattern.lastIndex = at;
  return pattern.test(source) ? pattern.lastIndex : null;
}

const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

/** A string; a backslash before anything but the listed characters stays, so that patterns need no doubling. */
function quoted(source: string, at: number): Token | FormulaProblem {
  const quote = source[at] ?? "";
  let text = "";
  let position = at + 1;
  let copied = position;
  while (position < source.length) {
    const character = source[position] ?? "";
    if (character === quote) {
      text += source.slice(copied, position);
      return { type: "text", text, at, end: position + 1 };
    }
    const escaped = character === "\\" ? escapes[source[position + 1] ?? ""] : undefined;
    if (escaped !== undefined) {
      text += source.slice(copied, position) + escaped;
      copied = position + 2;
    }
    position += character === "\\" ? 2 : 1;
  }
  return syntaxProblem(
    `The text that starts here is never closed with ${quote}`,
    at,
    source.length,
  );
}

/** A field in braces: `\}` and `\\` stand for the character itself, everything else is the name as it is. */
function braced(source: string, at: number): Token | FormulaProblem {
  let name = "";
  let position = at + 1;
  while (position < source.length) {
    const character = source[position] ?? "";
    const next = source[position + 1];
    if (character === "}") {
      return name === ""
        ? syntaxProblem("The braces name no field", at, position + 1)
        : { type: "field", text: name, at, end: position + 1 };
    }
    if (character === "\\" && (next === "}" || next === "\\")) {
      name += next;
      position += 2;
    } else {
      name += character;
      position += 1;
    }
  }
  return syntaxProblem("The field name that starts here is never closed with }", at, source.length);
}
