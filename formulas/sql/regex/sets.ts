/** A set of code points as ranges in order, ends included, that neither touch nor overlap. */
export type CodeSet = readonly (readonly [number, number])[];

export const CODE_MAX = 0x10_ff_ff;
export const anyCode: CodeSet = [[0, CODE_MAX]];
export const newline: CodeSet = [[10, 10]];
export const digits: CodeSet = setOf("09");
export const wordCodes: CodeSet = setOf("09", "AZ", "__", "az");
/** RE2's \s, without the vertical tab. */
export const spaces: CodeSet = setOf("\t\n", "\f\r", "  ");

/** The set of ranges, each given by its first and last character. */
export function setOf(...ranges: readonly string[]): CodeSet {
  return union(
    ranges.map((range): [number, number] => [
      range.codePointAt(0) ?? 0,
      range.codePointAt(range.length - 1) ?? 0,
    ]),
  );
}

/** Ranges in any order as a set. */
export function union(ranges: readonly (readonly [number, number])[]): CodeSet {
  const sorted = [...ranges].sort(([one], [other]) => one - other);
  const made: [number, number][] = [];
  for (const [first, last] of sorted) {
    const before = made.at(-1);
    if (before !== undefined && first <= before[1] + 1) {
      before[1] = Math.max(before[1], last);
    } else {
      made.push([first, last]);
    }
  }
  return made;
}

/** All code points that are not in a set. */
export function complement(set: CodeSet): CodeSet {
  const made: [number, number][] = [];
  let next = 0;
  for (const [first, last] of set) {
    if (first > next) {
      made.push([next, first - 1]);
    }
    next = last + 1;
  }
  if (next <= CODE_MAX) {
    made.push([next, CODE_MAX]);
  }
  return made;
}

/** True when the code point is in the set. */
export function contains(set: CodeSet, code: number): boolean {
  return set.some(([first, last]) => first <= code && code <= last);
}

/** The set with all that differs from its members in case alone. */
export function foldCase(set: CodeSet): CodeSet {
  const more = [...orbits()].flatMap(([code, others]) =>
    contains(set, code) ? others.map((other): [number, number] => [other, other]) : [],
  );
  return union([...set, ...more]);
}

let knownOrbits: ReadonlyMap<number, readonly number[]> | undefined;

/** For each letter the letters that differ from it in case alone. */
function orbits(): ReadonlyMap<number, readonly number[]> {
  knownOrbits ??= madeOrbits();
  return knownOrbits;
}

/** Letters with case end before this. */
const CASED_END = 0x1_e9_80;
/** In Turkish alone it is the small form of I. */
const DOTLESS_I = 0x1_31;

function madeOrbits(): ReadonlyMap<number, readonly number[]> {
  const groups = new Map<number, Set<number>>();
  const join = (one: number, other: number) => {
    const all = new Set([one, other, ...(groups.get(one) ?? []), ...(groups.get(other) ?? [])]);
    for (const code of all) {
      groups.set(code, all);
    }
  };
  for (let code = 65; code < CASED_END; code += 1) {
    if (code === DOTLESS_I || (code >= 0xd8_00 && code <= 0xdf_ff)) {
      continue;
    }
    const text = String.fromCodePoint(code);
    for (const changed of [text.toLowerCase(), text.toUpperCase()]) {
      const other = changed.codePointAt(0) ?? code;
      if (other !== code && changed === String.fromCodePoint(other)) {
        join(code, other);
      }
    }
  }
  return new Map(
    [...groups].map(([code, all]) => [code, [...all].filter((other) => other !== code)]),
  );
}

const properties = new Map<string, CodeSet | null>();

/** The code points with a Unicode category or script, or null when there is none of that name. */
export function property(name: string): CodeSet | null {
  const known = properties.get(name);
  if (known !== undefined) {
    return known;
  }
  const made = madeProperty(name);
  properties.set(name, made);
  return made;
}

function madeProperty(name: string): CodeSet | null {
  if (name === "Any") {
    return anyCode;
  }
  const pattern = [`\\p{gc=${name}}`, `\\p{sc=${name}}`]
    .map(propertyPattern)
    .find((one) => one !== null);
  if (pattern === undefined || pattern === null) {
    return null;
  }
  const made: [number, number][] = [];
  for (let code = 0; code <= CODE_MAX; code += 1) {
    if (pattern.test(String.fromCodePoint(code))) {
      const before = made.at(-1);
      if (before !== undefined && before[1] === code - 1) {
        before[1] = code;
      } else {
        made.push([code, code]);
      }
    }
  }
  return made;
}

function propertyPattern(source: string): RegExp | null {
  try {
    return new RegExp(`^${source}$`, "u");
  } catch {
    return null;
  }
}
