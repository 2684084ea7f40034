import { RE2JS } from "re2js";
import { TEXT_RESULT_MAX_CHARACTERS } from "../language/limits.ts";

/** Compiled patterns kept; a formula has few, and patterns that come from cells must not fill memory. */
const PATTERNS_MAX = 200;
const patterns = new Map<string, RE2JS | null>();

/** Characters of a pattern that stands in a cell; a longer one is an error. Compiling so many takes some tens of milliseconds. */
const CELL_PATTERN_MAX_CHARACTERS = 10_000;
/**
 * Instructions of a pattern that stands in a cell times characters that they may be held against, for one text: about half a second
 * at the worst, some milliseconds as a rule. A count, not a time: the same cells give the same result on any machine.
 */
const CELL_PATTERN_MAX_STEPS = 20_000_000;
/** Patterns that look no further than their own length past a match: nothing is repeated but the end. */
const LOOKS_NO_FURTHER = /^(?:[^*+|{}()\\]|\\.)*\+?$/s;

/** Where a pattern stands: in the formula, or in a cell, whose author pays nothing for what it costs. */
export type PatternSource = "formula" | "cell";

/** The compiled form of an RE2 pattern, which matches in linear time; null when the pattern is none. */
export function patternOf(text: string): RE2JS | null {
  const known = patterns.get(text);
  if (known !== undefined) {
    return known;
  }
  if (patterns.size >= PATTERNS_MAX) {
    patterns.clear();
  }
  const made = compiled(text);
  patterns.set(text, made);
  return made;
}

function compiled(text: string): RE2JS | null {
  try {
    return RE2JS.compile(text);
  } catch {
    return null;
  }
}

/** A pattern at work on one text, with what it may cost; null when there is no such pattern. */
function searcherOf(text: string, pattern: string, source: PatternSource): Searcher | null {
  if (source === "cell" && pattern.length > CELL_PATTERN_MAX_CHARACTERS) {
    return null;
  }
  const made = patternOf(pattern);
  return made === null
    ? null
    : new Searcher(made, text, source === "cell" ? CELL_PATTERN_MAX_STEPS : Infinity);
}

/** Finds one match after another. RE2 looks at a text once for a match, so for many matches it can look at it many times. */
class Searcher {
  readonly matcher: ReturnType<RE2JS["matcher"]>;
  private readonly size: number;
  private readonly length: number;
  private readonly looksNoFurther: boolean;
  private at = 0;
  private left: number;

  constructor(pattern: RE2JS, text: string, steps: number) {
    this.matcher = pattern.matcher(text);
    this.size = pattern.programSize();
    this.length = text.length;
    this.looksNoFurther = LOOKS_NO_FURTHER.test(pattern.pattern());
    this.left = steps;
  }

  /** Whether there is another match; null when looking for it could cost too much. */
  find(): boolean | null {
    const rest = this.length - this.at + 1;
    if (this.left < this.size * (this.looksNoFurther ? 1 : rest)) {
      return null;
    }
    const from = this.at;
    const found = this.matcher.find();
    this.at = found ? this.matcher.end() : this.length;
    const looked = found && this.looksNoFurther ? this.at - from + this.size : rest;
    this.left -= this.size * looked;
    return found;
  }
}

/** True when the pattern occurs in the text; null when the pattern is none, or too dear. */
export function matches(
  text: string,
  pattern: string,
  source: PatternSource = "formula",
): boolean | null {
  return searcherOf(text, pattern, source)?.find() ?? null;
}

/** The first group of the first match (the whole match without groups); null when there is none. Open point 9.4. */
export function extracted(
  text: string,
  pattern: string,
  source: PatternSource = "formula",
): string | null {
  const searcher = searcherOf(text, pattern, source);
  if (searcher === null || searcher.find() !== true) {
    return null;
  }
  const { matcher } = searcher;
  return matcher.groupCount() > 0 ? (matcher.group(1) ?? "") : (matcher.group() ?? "");
}

/** What a pattern is replaced by, and where the pattern stands. */
export interface Replacing {
  readonly pattern: string;
  readonly replacement: string;
  readonly source: PatternSource;
}

/**
 * Every match replaced; `$1` to `$9` insert groups and `$$` a dollar. Null when the pattern is none or too dear, or the text gets
 * too long.
 */
export function replacedMatches(
  text: string,
  { pattern, replacement, source }: Replacing,
): string | null {
  const searcher = searcherOf(text, pattern, source);
  if (searcher === null) {
    return null;
  }
  const { matcher } = searcher;
  let result = "";
  let copied = 0;
  let found = searcher.find();
  while (found === true) {
    result +=
      text.slice(copied, matcher.start()) + expanded(replacement, (group) => matcher.group(group));
    copied = matcher.end();
    if (result.length > TEXT_RESULT_MAX_CHARACTERS) {
      return null;
    }
    found = searcher.find();
  }
  const whole = result + text.slice(copied);
  return found === null || whole.length > TEXT_RESULT_MAX_CHARACTERS ? null : whole;

  function expanded(template: string, group: (number: number) => string | null): string {
    return template.replaceAll(/\$([1-9$])/g, (_, what: string) => {
      if (what === "$") {
        return "$";
      }
      return Number(what) <= matcher.groupCount() ? (group(Number(what)) ?? "") : "";
    });
  }
}

/** Why a pattern that stands in a cell gives nothing for a text, as one sentence; undefined where it only finds nothing. */
export function patternFault(text: string, pattern: string): string | undefined {
  if (pattern.length > CELL_PATTERN_MAX_CHARACTERS) {
    return `The pattern has more than ${CELL_PATTERN_MAX_CHARACTERS} characters.`;
  }
  const made = patternOf(pattern);
  if (made === null) {
    return "The pattern is no regular expression.";
  }
  return made.programSize() * (text.length + 1) > CELL_PATTERN_MAX_STEPS
    ? "The pattern is too large for so long a text."
    : undefined;
}
