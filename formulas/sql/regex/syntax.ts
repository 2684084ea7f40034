import {
  anyCode,
  complement,
  digits,
  foldCase,
  newline,
  property,
  setOf,
  spaces,
  union,
  wordCodes,
  type CodeSet,
} from "./sets.ts";

/** A regular expression in RE2's syntax, as a tree. Flags are worked into it. */
export type Node =
  | { readonly op: "set"; readonly set: CodeSet }
  | { readonly op: "sequence"; readonly parts: readonly Node[] }
  | { readonly op: "choice"; readonly parts: readonly Node[] }
  | {
      readonly op: "repeat";
      readonly part: Node;
      readonly min: number;
      readonly max: number;
      readonly greedy: boolean;
    }
  | { readonly op: "group"; readonly part: Node; readonly number: number }
  | { readonly op: "assert"; readonly what: Assertion };
export type Assertion =
  | "text-start"
  | "text-end"
  | "line-start"
  | "line-end"
  | "word-edge"
  | "no-word-edge";

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly U: boolean;
}

/** The tree of a pattern that RE2 accepts; null for what this reader does not know. */
export function treeOf(pattern: string): Node | null {
  const reader = new Reader(pattern);
  try {
    const tree = reader.choice({ i: false, m: false, s: false, U: false });
    return reader.done() ? tree : null;
  } catch (error) {
    if (error instanceof Unknown) {
      return null;
    }
    throw error;
  }
}

/** Thrown for syntax that this reader does not know, caught in `treeOf`. */
class Unknown extends Error {}

const perlClasses: Readonly<Record<string, CodeSet>> = {
  d: digits,
  D: complement(digits),
  w: wordCodes,
  W: complement(wordCodes),
  s: spaces,
  S: complement(spaces),
};
const escapes: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };
const asserted: Readonly<Record<string, Assertion>> = {
  A: "text-start",
  z: "text-end",
  b: "word-edge",
  B: "no-word-edge",
};
const posixClasses: Readonly<Record<string, CodeSet>> = {
  alnum: setOf("09", "AZ", "az"),
  alpha: setOf("AZ", "az"),
  ascii: [[0, 127]],
  blank: setOf("\t\t", "  "),
  cntrl: [
    [0, 31],
    [127, 127],
  ],
  digit: digits,
  graph: setOf("!~"),
  lower: setOf("az"),
  print: setOf(" ~"),
  punct: setOf("!/", ":@", "[`", "{~"),
  space: setOf("\t\r", "  "),
  upper: setOf("AZ"),
  word: wordCodes,
  xdigit: setOf("09", "AF", "af"),
};

class Reader {
  readonly #text: readonly string[];
  #at = 0;
  #groups = 0;

  constructor(pattern: string) {
    this.#text = [...pattern];
  }

  done(): boolean {
    return this.#at >= this.#text.length;
  }

  choice(given: Flags): Node {
    let flags = given;
    const branches: Node[][] = [[]];
    while (!this.done() && this.#peek() !== ")") {
      if (this.#take("|")) {
        branches.push([]);
        continue;
      }
      const item = this.#item(flags);
      if ("flags" in item) {
        ({ flags } = item);
        continue;
      }
      branches.at(-1)?.push(this.#repeated(item.node, flags));
    }
    const parts = branches.map((parts_): Node =>
      parts_.length === 1 && parts_[0] ? parts_[0] : { op: "sequence", parts: parts_ },
    );
    return parts.length === 1 && parts[0] ? parts[0] : { op: "choice", parts };
  }

  #item(flags: Flags): { readonly node: Node } | { readonly flags: Flags } {
    const character = this.#next();
    switch (character) {
      case "(":
        return this.#group(flags);
      case "[":
        return { node: { op: "set", set: this.#class(flags) } };
      case ".":
        return { node: { op: "set", set: flags.s ? anyCode : complement(newline) } };
      case "^":
        return { node: { op: "assert", what: flags.m ? "line-start" : "text-start" } };
      case "$":
        return { node: { op: "assert", what: flags.m ? "line-end" : "text-end" } };
      case "\\":
        return { node: this.#escaped(flags) };
      case "*":
      case "+":
      case "?":
        throw new Unknown();
      default:
        return { node: letter(character, flags) };
    }
  }

  #group(flags: Flags): { readonly node: Node } | { readonly flags: Flags } {
    let inner = flags;
    let number = 0;
    if (this.#take("?")) {
      const rest = this.#text.slice(this.#at).join("");
      const name = /^P?<\w+>/.exec(rest);
      const set = /^([imsU]*)(?:-([imsU]+))?([:)])/.exec(rest);
      if (name !== null) {
        this.#at += name[0].length;
        this.#groups += 1;
        number = this.#groups;
      } else if (set !== null) {
        this.#at += set[0].length;
        const [, on = "", off = "", end] = set;
        inner = { ...flags, ...flagged(on, true), ...flagged(off, false) };
        if (end === ")") {
          return { flags: inner };
        }
      } else {
        throw new Unknown();
      }
    } else {
      this.#groups += 1;
      number = this.#groups;
    }
    const part = this.choice(inner);
    if (!this.#take(")")) {
      throw new Unknown();
    }
    return { node: number === 0 ? part : { op: "group", part, number } };
  }

  #repeated(node: Node, flags: Flags): Node {
    const rest = this.#text.slice(this.#at, this.#at + 12).join("");
    const [all, sign, least, comma, most] = /^(?:([*+?])|\{(\d+)(,(\d*))?\})/.exec(rest) ?? [];
    if (all === undefined) {
      return node;
    }
    this.#at += all.length;
    const lazy = this.#take("?");
    const min = sign === undefined ? Number(least) : sign === "+" ? 1 : 0;
    const open = sign === "*" || sign === "+" || (comma !== undefined && most === "");
    const max = open ? Infinity : sign === "?" ? 1 : Number(comma === undefined ? least : most);
    return this.#repeated({ op: "repeat", part: node, min, max, greedy: lazy === flags.U }, flags);
  }

  #escaped(flags: Flags): Node {
    const what = asserted[this.#peek() ?? ""];
    if (what !== undefined) {
      this.#at += 1;
      return { op: "assert", what };
    }
    if (this.#take("Q")) {
      const from = this.#at;
      while (!this.done() && !(this.#peek() === "\\" && this.#text[this.#at + 1] === "E")) {
        this.#at += 1;
      }
      const parts = this.#text.slice(from, this.#at).map((character) => letter(character, flags));
      this.#at += 2;
      // What follows repeats the last letter alone.
      const last = parts.pop();
      return last === undefined
        ? { op: "sequence", parts }
        : { op: "sequence", parts: [...parts, this.#repeated(last, flags)] };
    }
    const set = this.#classEscape(flags);
    return set === null
      ? letter(String.fromCodePoint(this.#codeEscape()), flags)
      : { op: "set", set };
  }

  /** \d, \pL and the like; null when the escape stands for a character. The backslash is read already. */
  #classEscape(flags: Flags): CodeSet | null {
    const name = this.#peek() ?? "";
    const perl = perlClasses[name];
    if (perl !== undefined) {
      this.#at += 1;
      return perl;
    }
    if (name !== "p" && name !== "P") {
      return null;
    }
    const [all = "", short, long] =
      /^[pP](?:([A-Z])|\{(\^?\w+)\})/.exec(this.#text.slice(this.#at, this.#at + 40).join("")) ??
      [];
    const wanted = short ?? long ?? "";
    const found = property(wanted.replace("^", ""));
    if (all === "" || found === null) {
      throw new Unknown();
    }
    this.#at += all.length;
    const set = flags.i ? foldCase(found) : found;
    return (name === "P") !== wanted.startsWith("^") ? complement(set) : set;
  }

  #codeEscape(): number {
    const rest = this.#text.slice(this.#at, this.#at + 12).join("");
    const [hex, two, braced] = /^x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(rest) ?? [];
    if (hex !== undefined) {
      this.#at += hex.length;
      return Number.parseInt(two ?? braced ?? "", 16);
    }
    const [octal] = /^(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(rest) ?? [];
    if (octal !== undefined) {
      this.#at += octal.length;
      return Number.parseInt(octal, 8);
    }
    const character = this.#next();
    const code =
      escapes[character] ?? (/[A-Za-z0-9]/.test(character) ? undefined : character.codePointAt(0));
    if (code === undefined) {
      throw new Unknown();
    }
    return code;
  }

  /** What stands in brackets; the opening one is read already. */
  #class(flags: Flags): CodeSet {
    const negated = this.#take("^");
    const ranges: (readonly [number, number])[] = [];
    for (let first = true; first || this.#peek() !== "]"; first = false) {
      const [posix, not, name = ""] =
        /^\[:(\^?)(\w+):\]/.exec(this.#text.slice(this.#at, this.#at + 12).join("")) ?? [];
      if (posix !== undefined) {
        const known = posixClasses[name];
        if (known === undefined) {
          throw new Unknown();
        }
        this.#at += posix.length;
        ranges.push(...(not === "^" ? complement(known) : known));
        continue;
      }
      const set = this.#peek() === "\\" ? this.#classEscapeInside(flags) : null;
      if (set !== null) {
        ranges.push(...set);
        continue;
      }
      const from = this.#classCode();
      const ranged = this.#peek() === "-" && this.#text[this.#at + 1] !== "]";
      if (ranged) {
        this.#at += 1;
      }
      const to = ranged ? this.#classCode() : from;
      if (to < from) {
        throw new Unknown();
      }
      ranges.push([from, to]);
    }
    this.#at += 1;
    const set = flags.i ? foldCase(union(ranges)) : union(ranges);
    return negated ? complement(set) : set;
  }

  #classEscapeInside(flags: Flags): CodeSet | null {
    this.#at += 1;
    const set = this.#classEscape(flags);
    this.#at -= set === null ? 1 : 0;
    return set;
  }

  #classCode(): number {
    if (this.#take("\\")) {
      return this.#codeEscape();
    }
    return this.#next().codePointAt(0) ?? 0;
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  #take(character: string): boolean {
    const found = this.#peek() === character;
    this.#at += found ? 1 : 0;
    return found;
  }

  #next(): string {
    const character = this.#peek();
    if (character === undefined) {
      throw new Unknown();
    }
    this.#at += 1;
    return character;
  }
}

function flagged(names: string, value: boolean): Partial<Flags> {
  return Object.fromEntries([...names].map((name) => [name, value]));
}

function letter(character: string, flags: Flags): Node {
  const code = character.codePointAt(0) ?? 0;
  return { op: "set", set: flags.i ? foldCase([[code, code]]) : [[code, code]] };
}
