import { Automaton } from "./regex/automaton.ts";
import { areOf } from "./regex/are.ts";
import { programOf, type Step } from "./regex/program.ts";
import { contains, newline, wordCodes } from "./regex/sets.ts";
import { treeOf, type Node } from "./regex/syntax.ts";

/**
 * How PostgreSQL computes a pattern of RE2. Its own engine finds the same texts, but where RE2 takes the match that its choices prefer,
 * it takes the longest or the shortest; so matches and groups come from it only where that is proven to be the same, and otherwise
 * from a matcher that follows RE2's choices.
 */
export interface RegexTranslation {
  /** For `text ~ are`: true exactly for the texts in which the pattern occurs. */
  readonly are: string;
  /** An expression whose matches are those of the pattern, groups included; null when `steps` are needed. */
  readonly spans: string | null;
  /** The pattern for `formula.regex_run`; empty when `spans` serves. */
  readonly steps: readonly number[];
  readonly groups: number;
}

/** Translations kept: patterns of formulas are few, and are compiled again with each request. */
const KNOWN_MAX = 500;
const known = new Map<string, RegexTranslation | null>();

/** The translation of a pattern that RE2 accepts, or null for one that cannot be computed in PostgreSQL. */
export function translateRegex(pattern: string): RegexTranslation | null {
  const found = known.get(pattern);
  if (found !== undefined) {
    return found;
  }
  if (known.size >= KNOWN_MAX) {
    known.clear();
  }
  const made = translated(pattern);
  known.set(pattern, made);
  return made;
}

function translated(pattern: string): RegexTranslation | null {
  const tree = treeOf(pattern);
  const steps = tree === null ? null : programOf(tree);
  const are = tree === null ? null : areOf(tree);
  if (tree === null || steps === null || are === null) {
    return null;
  }
  const automaton = new Automaton(steps);
  const preference = automaton.preference();
  const groups = groupsIn(tree);
  const same =
    preference !== "other" &&
    (groups.length === 0 ||
      (groupsAreAlike(tree, false) &&
        (automaton.isUnambiguous() || (preference === "longest" && dividesAlike(tree)))));
  return {
    are,
    groups: groups.length,
    spans: same ? `(?:${are}){1,1}${preference === "shortest" ? "?" : ""}` : null,
    steps: same ? [] : encoded(steps),
  };
}

function groupsIn(node: Node): readonly number[] {
  switch (node.op) {
    case "set":
    case "assert":
      return [];
    case "group":
      return [node.number, ...groupsIn(node.part)];
    case "repeat":
      return groupsIn(node.part);
    default:
      return node.parts.flatMap(groupsIn);
  }
}

/** RE2 keeps what a group found in an earlier round of a loop, PostgreSQL forgets it: a loop may only have a group as its whole. */
function groupsAreAlike(node: Node, looped: boolean): boolean {
  switch (node.op) {
    case "set":
    case "assert":
      return true;
    case "group":
      return !looped && groupsAreAlike(node.part, false);
    case "repeat": {
      const { part, max } = node;
      return part.op === "group"
        ? groupsIn(part.part).length === 0 && !looped
        : groupsAreAlike(part, looped || max > 1);
    }
    default:
      return node.parts.every((part) => groupsAreAlike(part, looped));
  }
}

/**
 * True when every part of a sequence prefers to be long and has no groups inside its groups: both engines then give each part, from the
 * left, as much as leaves something for the rest.
 */
function dividesAlike(tree: Node): boolean {
  const parts = tree.op === "sequence" ? tree.parts : [tree];
  return parts.every((part) => {
    if (groupsIn(part).length > 0 && (part.op !== "group" || groupsIn(part.part).length > 0)) {
      return false;
    }
    const steps = programOf(part);
    return steps !== null && new Automaton(steps).preference() === "longest" && isGreedy(part);
  });
}

function isGreedy(node: Node): boolean {
  switch (node.op) {
    case "set":
    case "assert":
      return true;
    case "group":
      return isGreedy(node.part);
    case "repeat":
      return node.greedy && isGreedy(node.part);
    default:
      return node.parts.every(isGreedy);
  }
}

const codes = {
  match: 0,
  set: 1,
  split: 2,
  save: 3,
  "text-start": 4,
  "text-end": 5,
  "line-start": 6,
  "line-end": 7,
  "word-edge": 8,
  "no-word-edge": 9,
} as const;

/**
 * The steps as one array: how many steps, parts of the alphabet and kinds of characters there are; three numbers a step (code, next,
 * and the other way, the slot, or the set); first code points of the parts; their kinds; then for each set whether it has each kind.
 * Kind 0 is the newline, 1 a letter of words, if the pattern asks for them.
 */
function encoded(steps: readonly Step[]): readonly number[] {
  const sets = [...new Set(steps.flatMap((step) => (step.op === "set" ? [step.set] : [])))];
  const all = [newline, wordCodes, ...sets];
  const starts = [
    ...new Set([0, ...all.flatMap((set) => set.flatMap(([first, last]) => [first, last + 1]))]),
  ].sort((one, other) => one - other);
  const kinds = new Map<string, number>();
  const kindOf = starts.map((start) => {
    const key = all.map((set) => (contains(set, start) ? "1" : "0")).join("");
    kinds.set(key, kinds.get(key) ?? kinds.size);
    return kinds.get(key) ?? 0;
  });
  const rows = all.flatMap((_, index) => [...kinds.keys()].map((key) => Number(key[index])));
  const triples = steps.flatMap((step) => {
    switch (step.op) {
      case "match":
        return [codes.match, 0, 0];
      case "set":
        return [codes.set, step.next, sets.indexOf(step.set) + 2];
      case "split":
        return [codes.split, step.next, step.other];
      case "save":
        return [codes.save, step.next, step.slot];
      case "assert":
        return [codes[step.what], step.next, 0];
    }
  });
  return [steps.length, starts.length, kinds.size, ...triples, ...starts, ...kindOf, ...rows];
}
