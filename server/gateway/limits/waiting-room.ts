import type { Caller } from "./rate-limits.ts";

/** A call that holds a slot, or waits for one. */
export interface SlotHolder extends Pick<Caller, "address" | "actor" | "routeClass" | "baseId"> {
  /** The abort of the call: who has gone need not wait. */
  readonly abort: AbortController;
}

/** Somebody who waits for a slot. */
export interface Waiting {
  readonly call: SlotHolder;
  /** Who shares one place in the queue: the same user (or address) in the same base. */
  readonly flow: string;
  /** 0 goes first. */
  readonly priority: number;
  readonly sinceMs: number;
  /** How many slots the user and the base of the call hold, the larger of the two. */
  readonly weight: () => number;
  readonly settle: (isIn: boolean) => void;
}

/**
 * Who waits, one queue for each flow. The next is the one of the best priority whose user and base hold the fewest slots, so
 * that a flow of ten thousand requests delays that of another by one.
 */
export class WaitingRoom {
  readonly #flows = new Map<string, Waiting[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** How many of a flow wait. */
  sizeOf(flow: string): number {
    return this.#flows.get(flow)?.length ?? 0;
  }

  add(one: Waiting): void {
    const queue = this.#flows.get(one.flow);
    if (queue === undefined) {
      this.#flows.set(one.flow, [one]);
    } else {
      queue.push(one);
    }
    this.#size += 1;
  }

  /** Takes out who goes next among those whom `mayGo` lets in. */
  next(mayGo: (one: Waiting) => boolean): Waiting | undefined {
    let best: Waiting | undefined;
    let bestWeight = Infinity;
    for (const [first] of this.#flows.values()) {
      if (first === undefined || !mayGo(first)) {
        continue;
      }
      const weight = first.weight();
      if (best === undefined || isBefore([first, weight], [best, bestWeight])) {
        best = first;
        bestWeight = weight;
      }
    }
    return best && this.#take(best.flow, 0);
  }

  /** How many wait in the longest flow. */
  get longest(): number {
    let longest = 0;
    for (const queue of this.#flows.values()) {
      longest = Math.max(longest, queue.length);
    }
    return longest;
  }

  /** Takes out the last of the longest flow. */
  lastOfLongest(): Waiting | undefined {
    let longest: readonly Waiting[] = [];
    for (const queue of this.#flows.values()) {
      longest = queue.length > longest.length ? queue : longest;
    }
    const flow = longest[0]?.flow;
    return flow === undefined ? undefined : this.#take(flow, longest.length - 1);
  }

  /** Takes out everybody who has waited since before a time. */
  older(sinceMs: number): Waiting[] {
    const found: Waiting[] = [];
    for (const [flow, queue] of this.#flows) {
      while (queue[0] !== undefined && queue[0].sinceMs < sinceMs) {
        const one = this.#take(flow, 0);
        found.push(...(one === undefined ? [] : [one]));
      }
    }
    return found;
  }

  #take(flow: string, at: number): Waiting | undefined {
    const queue = this.#flows.get(flow);
    const [one] = queue?.splice(at, 1) ?? [];
    if (queue?.length === 0) {
      this.#flows.delete(flow);
    }
    this.#size -= one === undefined ? 0 : 1;
    return one;
  }
}

type Weighed = readonly [one: Waiting, weight: number];

function isBefore([one, weight]: Weighed, [other, otherWeight]: Weighed): boolean {
  if (one.priority !== other.priority) {
    return one.priority < other.priority;
  }
  return weight === otherWeight ? one.sinceMs < other.sinceMs : weight < otherWeight;
}
