import type { Config } from "#kernel";

/** What a child is to be. */
export interface ChildStart {
  /** Of the place that it takes, `1`, `2` …, `worker`: stays the same when the child is replaced. */
  readonly name: string;
  readonly config: Config;
  /** How the database is called on the first page. */
  readonly database: string;
}

/** How a child is to stop. */
export interface StopOrder {
  /** How long it says "not ready" and serves on, milliseconds. */
  readonly drainMs: number;
  /** How long connections without a request may send a last one, milliseconds. */
  readonly idleMs: number;
  /** Others go on serving: the instance as a whole stays ready. */
  readonly handsOver: boolean;
}

/** From the supervisor to a child; a socket travels beside `start` and `take`. */
export type ToChild =
  | { readonly kind: "start"; readonly start: ChildStart }
  /** Take connections of a place whose child has died as well. */
  | { readonly kind: "take"; readonly place: string }
  | { readonly kind: "give-back"; readonly place: string }
  | { readonly kind: "stop"; readonly order: StopOrder }
  /** Say your own figures. */
  | { readonly kind: "figures-asked"; readonly ask: number }
  /** The figures of all, for the child that asked. */
  | { readonly kind: "all-figures"; readonly ask: number; readonly text: string };

/** From a child to the supervisor. */
export type FromChild =
  | { readonly kind: "hello" }
  | { readonly kind: "ready" }
  /** It cannot start; a sentence where the cause is known. */
  | { readonly kind: "failed"; readonly message: string; readonly expected: boolean }
  | { readonly kind: "figures"; readonly ask: number; readonly text: string }
  | { readonly kind: "all-figures-asked"; readonly ask: number };
