import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import type { UpstreamSpec } from "../file/upstream-shape.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Waiting } from "./lookouts.ts";
import type { RequestBody } from "./request-body.ts";

/** Who writes an answer. */
export interface Writer {
  /** After `write` has asked to wait: there is room again. */
  ready(): void;
  /** Nobody waits for the answer any more. */
  gone(): void;
}

/** Where an answer goes. */
export interface Reply {
  /** Name and value by turns. */
  head(status: number, headers: string[]): void;
  /** False asks to wait until the writer is told that it is `ready`. */
  write(chunk: Buffer): boolean;
  end(): void;
  /** The rest will never come: the connection is cut, so that the caller sees it. */
  cut(): void;
  /** From now on this one writes, and is told. */
  follow(writer: Writer | undefined): void;
  readonly isGone: boolean;
}

/** One request to one server. */
export interface Attempt {
  readonly endpoint: Endpoint;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: string[];
  readonly body: RequestBody;
  /** By `performance.now`. */
  readonly startedMs: number;
  /** From the end of the request to the beginning of the answer, milliseconds. */
  readonly tryMs: number;
  readonly timeouts: Pick<UpstreamSpec["timeouts"], "idleMs" | "streamIdleMs">;
  readonly reply: Reply;
  readonly judge: AttemptJudge;
}

/** Whose attempt it is. */
export interface AttemptJudge {
  /** True where an answer of this status is thrown away, because there will be another try. */
  drops(status: number): boolean;
  answerHeaders(headers: IncomingHttpHeaders): string[];
  /** Told once how the attempt ended. */
  settled(outcome: Outcome): void;
}

/** How a try ended. */
export type Outcome =
  | { readonly kind: "answered"; readonly status: number; readonly isWhole: boolean }
  | { readonly kind: "dropped"; readonly status: number }
  /** `never-sent`: no byte of the request left us. */
  | {
      readonly kind: "failed";
      readonly reason: "never-sent" | "broken" | "timeout";
      readonly error: Error;
    }
  | { readonly kind: "gone" };

/** What is read of an answer that is thrown away, so that its connection can be used again, bytes. */
const DROPPED_MAX_BYTES = 65_536;
/** How long its end is waited for, milliseconds. */
const DROPPED_MAX_MS = 1_000;

/** Sends a request once and streams the answer on. Never throws. */
export function tryOnce(attempt: Attempt): void {
  new Try(attempt).start();
}

class Try implements Dispatcher.DispatchHandler, Waiting {
  place = -1;
  private readonly attempt: Attempt;
  private controller: Dispatcher.DispatchController | undefined = undefined;
  private status = 0;
  private isDropped = false;
  private droppedBytes = 0;
  private isSettled = false;
  private isTimeout = false;
  /** When it has waited too long, by `performance.now`; Infinity while nothing is awaited. */
  private dueMs = Infinity;
  /** How long the answer may be silent, milliseconds. */
  private silenceMs = 0;
  /** Something of the answer has come since the last look. */
  private isHeard = false;

  constructor(attempt: Attempt) {
    this.attempt = attempt;
  }

  start(): void {
    const { endpoint, method, path, headers, body, reply, startedMs } = this.attempt;
    reply.follow(this);
    endpoint.lookouts.add(this);
    if (!body.isStream) {
      this.arm(startedMs);
    }
    try {
      endpoint.pool.dispatch(
        { path, method, headers, body: body.take(), bodyTimeout: 0, headersTimeout: 0 },
        this,
      );
    } catch (error) {
      this.onResponseError(undefined, error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Nobody waits for the answer any more. */
  gone(): void {
    // First: the end of the connection must not count as a failure of the upstream.
    this.finish({ kind: "gone" });
    this.controller?.abort(new Error("the caller went away"));
  }

  /** The reply takes more. */
  ready(): void {
    this.controller?.resume();
  }

  look(nowMs: number): void {
    if (this.isHeard || this.controller?.paused === true) {
      // Not while it is we who do not read.
      this.isHeard = false;
      this.dueMs = nowMs + this.silenceMs;
    } else if (nowMs >= this.dueMs) {
      this.dueMs = Infinity;
      if (this.status === 0) {
        this.late();
      } else {
        this.controller?.abort(new Error("the upstream fell silent in the middle of its answer"));
      }
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.isSettled) {
      controller.abort(new Error("nobody waits for this request any more"));
    }
  }

  onRequestSent(): void {
    if (this.attempt.body.isStream && this.status === 0) {
      this.arm(performance.now());
    }
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 200 || this.isSettled) {
      return;
    }
    this.status = status;
    // The time counts from the next look on.
    this.isHeard = true;
    const { reply, judge, timeouts } = this.attempt;
    if (judge.drops(status)) {
      this.isDropped = true;
      this.silenceMs = DROPPED_MAX_MS;
      return;
    }
    const isStream = headers["content-type"]?.startsWith("text/event-stream") === true;
    this.silenceMs = isStream ? timeouts.streamIdleMs : timeouts.idleMs;
    reply.head(status, judge.answerHeaders(headers));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.isDropped) {
      this.droppedBytes += chunk.length;
      if (this.droppedBytes > DROPPED_MAX_BYTES) {
        controller.abort(new Error("the rest of this answer is not needed"));
      }
      return;
    }
    this.isHeard = true;
    if (!this.attempt.reply.write(chunk)) {
      controller.pause();
    }
  }

  onResponseEnd(): void {
    if (this.isDropped) {
      this.finish({ kind: "dropped", status: this.status });
      return;
    }
    this.attempt.reply.end();
    this.finish({ kind: "answered", status: this.status, isWhole: true });
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.isDropped) {
      this.finish({ kind: "dropped", status: this.status });
    } else if (this.status > 0) {
      this.attempt.reply.cut();
      this.finish({ kind: "answered", status: this.status, isWhole: false });
    } else {
      const reason = this.isTimeout
        ? "timeout"
        : this.controller === undefined
          ? "never-sent"
          : "broken";
      this.finish({ kind: "failed", reason, error });
    }
  }

  /** From now on the answer must begin in time. */
  private arm(nowMs: number): void {
    this.dueMs = nowMs + this.attempt.tryMs;
  }

  private late(): void {
    this.isTimeout = true;
    const error = new Error("the upstream did not answer in time");
    this.controller?.abort(error);
    this.onResponseError(undefined, error);
  }

  private finish(outcome: Outcome): void {
    if (!this.isSettled) {
      this.isSettled = true;
      const { endpoint, reply, judge } = this.attempt;
      endpoint.lookouts.remove(this);
      reply.follow(undefined);
      judge.settled(outcome);
    }
  }
}
