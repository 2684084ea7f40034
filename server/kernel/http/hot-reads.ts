import type { UserActor } from "../scope.ts";
import type { AnswerHeaders } from "./text-answer.ts";

/** A GET as the gateway sees it before a `Request` is made. */
export interface HotCall {
  /** Path and query exactly as they were sent. */
  readonly target: string;
  readonly actor: UserActor;
  /** The larger limits were asked for. */
  readonly extended: boolean;
  /** The base must be at least so new; 0 where nothing was asked. */
  readonly minTxn: number;
}

/** An answer that is in memory, ready to be written. */
export interface HotAnswer {
  /** The route pattern, for metrics and the log. */
  readonly endpoint: string;
  /** The base that it is about. */
  readonly baseId: string;
  /** The number that `x-basalt-txn` shows: moves while the answer stays. */
  readonly txn: string;
  readonly etag: string;
  /** What the answer itself says: its type, its tag, its number. */
  readonly headers: AnswerHeaders;
  /** The body as UTF-8; made anew each time where it is kept as text. */
  readonly bytes: Buffer;
  /** The same with one character for each byte, where the body is small enough to be written together with its head. */
  readonly latin1: string | undefined;
  /** What whoever writes answers has made ready for an encoding: head and body. Goes with the answer. */
  ready(encoding: string): unknown;
  keepReady(encoding: string, value: unknown, sizeBytes: number): void;
}

/** Reads that can be answered without waiting. Undefined: ask the ordinary way, which also finds out why not. */
export interface HotReads {
  find(call: HotCall): HotAnswer | undefined;
}
