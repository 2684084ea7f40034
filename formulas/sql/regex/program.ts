import type { Assertion, Node } from "./syntax.ts";
import type { CodeSet } from "./sets.ts";

/** One step of a matcher that follows the choices of a pattern in RE2's order: the first of two ways is preferred. */
export type Step =
  | { readonly op: "set"; readonly set: CodeSet; readonly next: number }
  | { readonly op: "split"; readonly next: number; readonly other: number }
  | { readonly op: "save"; readonly slot: number; readonly next: number }
  | { readonly op: "assert"; readonly what: Assertion; readonly next: number }
  | { readonly op: "match" };

/** Steps beyond this make neither an automaton nor a statement that one would want to run. */
export const STEPS_MAX = 3000;

/** The steps of a pattern, from the last (0, the match) to the first; null when they are too many. */
export function programOf(tree: Node): readonly Step[] | null {
  const writer = new Writer();
  writer.add({ op: "save", slot: 0, next: writer.emit(tree, 0) });
  return writer.steps.length > STEPS_MAX ? null : writer.steps;
}

/** Writes steps from the end to the beginning: each names the ones that follow it. */
class Writer {
  readonly steps: Step[] = [{ op: "match" }];
  /** Equal sets are one, so that whoever looks at the alphabet has few to tell apart. */
  readonly #sets = new Map<string, CodeSet>();

  /** Beyond the limit nothing is kept, so that a pattern of a thousand repetitions of a thousand ends soon. */
  add(step: Step): number {
    return this.steps.length > STEPS_MAX ? 0 : this.steps.push(step) - 1;
  }

  emit(node: Node, next: number): number {
    switch (node.op) {
      case "set":
        return this.add({ op: "set", set: this.#one(node.set), next });
      case "assert":
        return this.add({ op: "assert", what: node.what, next });
      case "group": {
        const inner = this.emit(
          node.part,
          this.add({ op: "save", slot: node.number * 2 + 1, next }),
        );
        return this.add({ op: "save", slot: node.number * 2, next: inner });
      }
      case "sequence":
        return node.parts.reduceRight((after, part) => this.emit(part, after), next);
      case "choice":
        return node.parts
          .map((part) => this.emit(part, next))
          .reduceRight((other, first) => this.add({ op: "split", next: first, other }));
      case "repeat":
        return this.#repeated(node, next);
    }
  }

  #one(set: CodeSet): CodeSet {
    const key = set.join(";");
    const known = this.#sets.get(key) ?? set;
    this.#sets.set(key, known);
    return known;
  }

  #repeated({ part, min, max, greedy }: Node & { readonly op: "repeat" }, next: number): number {
    if (max === Infinity) {
      const open =
        min === 0 ? this.#anyNumber(part, next, greedy) : this.#loop(part, next, greedy).body;
      return this.#copies(part, min - 1, open);
    }
    let place = next;
    for (let count = min; count < max && this.steps.length <= STEPS_MAX; count += 1) {
      place = this.#split(this.emit(part, place), next, greedy);
    }
    return this.#copies(part, min, place);
  }

  #copies(part: Node, count: number, next: number): number {
    let place = next;
    for (let made = 0; made < count && this.steps.length <= STEPS_MAX; made += 1) {
      place = this.emit(part, place);
    }
    return place;
  }

  /** What can take nothing is entered once before it is repeated: only so its own choices keep their order. */
  #anyNumber(part: Node, next: number, greedy: boolean): number {
    const { body, split } = this.#loop(part, next, greedy);
    return canBeEmpty(part) ? this.#split(body, next, greedy) : split;
  }

  /** The part with a way back behind it. */
  #loop(
    part: Node,
    next: number,
    greedy: boolean,
  ): { readonly body: number; readonly split: number } {
    const split = this.add({ op: "split", next, other: next });
    const body = this.emit(part, split);
    if (split > 0) {
      this.steps[split] = ways(body, next, greedy);
    }
    return { body, split };
  }

  #split(body: number, next: number, greedy: boolean): number {
    return this.add(ways(body, next, greedy));
  }
}

function ways(body: number, next: number, greedy: boolean): Step {
  return greedy ? { op: "split", next: body, other: next } : { op: "split", next, other: body };
}

function canBeEmpty(node: Node): boolean {
  switch (node.op) {
    case "set":
      return false;
    case "assert":
      return true;
    case "group":
      return canBeEmpty(node.part);
    case "sequence":
      return node.parts.every(canBeEmpty);
    case "choice":
      return node.parts.some(canBeEmpty);
    case "repeat":
      return node.min === 0 || canBeEmpty(node.part);
  }
}
