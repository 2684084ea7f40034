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
  const steps: Step[] = [{ op: "match" }];
  let overfull = false;
  const add = (step: Step): number => {
    overfull ||= steps.length > STEPS_MAX;
    return overfull ? 0 : steps.push(step) - 1;
  };
  /** Once or more often. The way back is behind the part: one that takes nothing then ends the loop instead of entering it again. */
  const plus = (part: Node, next: number, greedy: boolean): number => {
    const place = add({ op: "split", next, other: next });
    const body = emit(part, place);
    if (!overfull) {
      steps[place] = greedy ? { op: "split", next: body, other: next } : { op: "split", next, other: body };
    }
    return body;
  };
  const optional = (body: number, next: number, greedy: boolean): number =>
    add(greedy ? { op: "split", next: body, other: next } : { op: "split", next, other: body });
  const emit = (node: Node, next: number): number => {
    if (overfull) {
      return 0;
    }
    switch (node.op) {
      case "set":
        return add({ op: "set", set: node.set, next });
      case "assert":
        return add({ op: "assert", what: node.what, next });
      case "group": {
        const inner = emit(node.part, add({ op: "save", slot: node.number * 2 + 1, next }));
        return add({ op: "save", slot: node.number * 2, next: inner });
      }
      case "sequence":
        return node.parts.reduceRight((after, part) => emit(part, after), next);
      case "choice":
        return node.parts
          .map((part) => emit(part, next))
          .reduceRight((other, first) => add({ op: "split", next: first, other }));
      case "repeat":
        return repeated(node, next);
    }
  };
  const repeated = ({ part, min, max, greedy }: Node & { readonly op: "repeat" }, next: number): number => {
    let place = next;
    let least = min;
    if (max === Infinity) {
      place = plus(part, next, greedy);
      place = min === 0 ? optional(place, next, greedy) : place;
      least = Math.max(0, min - 1);
    } else {
      for (let count = min; count < max && !overfull; count += 1) {
        place = optional(emit(part, place), next, greedy);
      }
    }
    for (let count = 0; count < least && !overfull; count += 1) {
      place = emit(part, place);
    }
    return place;
  };
  const start = emit(tree, 0);
  // Whoever runs the steps begins with the last.
  add({ op: "save", slot: 0, next: start });
  return overfull ? null : steps;
}
