import { contains, newline, wordCodes } from "./sets.ts";
import type { Step } from "./program.ts";

/**
 * How the matches of a pattern that begin at one place stand to each other. `longest`: the one that RE2 prefers is always the longest;
 * `shortest`: always the shortest; `other`: neither, or too much work to tell.
 */
export type Preference = "longest" | "shortest" | "other";

/** Transitions looked at before giving up. */
const WORK_MAX = 40_000;

/** What a place in a text looks like from behind. */
type Behind = "start" | "newline" | "word" | "other";

interface Symbol {
  /** A code point that stands for all that the pattern does not tell apart; null is the end of the text. */
  readonly code: number | null;
  readonly behind: Behind;
}

interface Leaves {
  /** Steps that take a character, and the match, in the order of preference. */
  readonly places: readonly number[];
  /** Some step was reached in two ways. */
  readonly twice: boolean;
}

/** Decides by running the matcher and one that keeps every choice side by side over every text that there can be. */
export class Automaton {
  readonly #steps: readonly Step[];
  readonly #symbols: readonly Symbol[];
  readonly #starts: readonly Behind[];
  #work = 0;

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
    const asserts = steps.some(({ op }) => op === "assert");
    this.#symbols = symbolsOf(steps, asserts);
    this.#starts = asserts ? ["start", "newline", "word", "other"] : ["other"];
  }

  preference(): Preference {
    if (this.#isLongest()) {
      return "longest";
    }
    return this.#isShortest() ? "shortest" : "other";
  }

  #isLongest(): boolean {
    this.#work = 0;
    const open = this.#starts.map((behind) => ({
      first: this.#begin(),
      all: this.#begin(),
      behind,
    }));
    const seen = new Set<string>();
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      for (const symbol of this.#symbols) {
        const all = this.#leaves(state.all, state.behind, symbol);
        const first = this.#leaves(state.first, state.behind, symbol);
        const cut = first.places.indexOf(0);
        if ((all.places.includes(0) && cut < 0) || this.#tooMuch()) {
          return false;
        }
        const next = {
          first: this.#taken(cut < 0 ? first.places : first.places.slice(0, cut), symbol),
          all: this.#taken(all.places, symbol),
          behind: symbol.behind,
        };
        const key = `${next.first.join()};${next.all.join()};${next.behind}`;
        if (next.all.length > 0 && !seen.has(key)) {
          seen.add(key);
          open.push(next);
        }
      }
    }
    return true;
  }

  #isShortest(): boolean {
    this.#work = 0;
    const open = this.#starts.map((behind) => ({ all: this.#begin(), behind }));
    const seen = new Set<string>();
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      for (const symbol of this.#symbols) {
        const { places } = this.#leaves(state.all, state.behind, symbol);
        if ((places.includes(0) && places[0] !== 0) || this.#tooMuch()) {
          return false;
        }
        const next = {
          all: places[0] === 0 ? [] : this.#taken(places, symbol),
          behind: symbol.behind,
        };
        const key = `${next.all.join()};${next.behind}`;
        if (next.all.length > 0 && !seen.has(key)) {
          seen.add(key);
          open.push(next);
        }
      }
    }
    return true;
  }

  /** True when no text can be matched in two ways, so that the groups follow from where the match begins and ends. */
  isUnambiguous(): boolean {
    this.#work = 0;
    const start = this.#steps.length - 1;
    const open = this.#starts.map((behind) => ({ one: start, other: start, behind }));
    const seen = new Set<string>();
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      for (const symbol of this.#symbols) {
        const one = this.#leaves([state.one], state.behind, symbol);
        const other =
          state.one === state.other ? one : this.#leaves([state.other], state.behind, symbol);
        const met =
          state.one !== state.other && one.places.some((place) => other.places.includes(place));
        if (one.twice || other.twice || met || this.#tooMuch()) {
          return false;
        }
        const ones = this.#takers(one.places, symbol);
        const others = this.#takers(other.places, symbol);
        for (const left of ones) {
          for (const right of others) {
            const same = left.place === right.place;
            if (!same && left.next === right.next) {
              return false;
            }
            const key = `${left.next},${right.next},${symbol.behind}`;
            if ((same || left.next < right.next) && !seen.has(key)) {
              seen.add(key);
              open.push({ one: left.next, other: right.next, behind: symbol.behind });
            }
          }
        }
      }
    }
    return true;
  }

  #begin(): readonly number[] {
    return [this.#steps.length - 1];
  }

  #tooMuch(): boolean {
    return this.#work > WORK_MAX;
  }

  /** Follows everything that takes no character, between one character and the next. */
  #leaves(from: readonly number[], behind: Behind, ahead: Symbol): Leaves {
    const seen = new Set<number>();
    const places: number[] = [];
    let twice = false;
    const open = from.toReversed();
    for (let place = open.pop(); place !== undefined; place = open.pop()) {
      this.#work += 1;
      if (seen.has(place)) {
        twice = true;
        continue;
      }
      seen.add(place);
      const step = this.#steps[place];
      switch (step?.op) {
        case "split":
          open.push(step.other, step.next);
          break;
        case "save":
          open.push(step.next);
          break;
        case "assert":
          if (holds(step.what, behind, ahead)) {
            open.push(step.next);
          }
          break;
        default:
          places.push(place);
      }
    }
    return { places, twice };
  }

  #takers(
    places: readonly number[],
    { code }: Symbol,
  ): readonly { readonly place: number; readonly next: number }[] {
    return places.flatMap((place) => {
      const step = this.#steps[place];
      return step?.op === "set" && code !== null && contains(step.set, code)
        ? [{ place, next: step.next }]
        : [];
    });
  }

  #taken(places: readonly number[], symbol: Symbol): readonly number[] {
    return [...new Set(this.#takers(places, symbol).map(({ next }) => next))];
  }
}

function holds(
  what: (Step & { op: "assert" })["what"],
  behind: Behind,
  { code, behind: ahead }: Symbol,
): boolean {
  switch (what) {
    case "text-start":
      return behind === "start";
    case "line-start":
      return behind === "start" || behind === "newline";
    case "text-end":
      return code === null;
    case "line-end":
      return code === null || ahead === "newline";
    case "word-edge":
      return (behind === "word") !== (ahead === "word");
    case "no-word-edge":
      return (behind === "word") === (ahead === "word");
  }
}

/** One code point for each part of the alphabet that the sets of the pattern do not divide. */
function symbolsOf(steps: readonly Step[], asserts: boolean): readonly Symbol[] {
  const sets = [...new Set(steps.flatMap((step) => (step.op === "set" ? [step.set] : [])))];
  const all = asserts ? [...sets, newline, wordCodes] : sets;
  const cuts = [
    ...new Set([0, ...all.flatMap((set) => set.flatMap(([first, last]) => [first, last + 1]))]),
  ];
  const found = new Map<string, Symbol>();
  for (const code of cuts) {
    const members = all.map((set) => (contains(set, code) ? "1" : "0")).join("");
    const behind = !asserts
      ? "other"
      : contains(newline, code)
        ? "newline"
        : contains(wordCodes, code)
          ? "word"
          : "other";
    found.set(members, { code, behind });
  }
  return [...found.values(), { code: null, behind: "other" }];
}
