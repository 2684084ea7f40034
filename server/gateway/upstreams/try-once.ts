import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import type { Endpoint } from "./endpoint.ts";
import type { RequestBody } from "./request-body.ts";

/** Where an answer goes. */
export interface Reply {
  /** Name and value by turns. */
  head(status: number, headers: string[]): void;
  /** False asks to wait until `whenReady` is called. */
  write(chunk: Buffer): boolean;
  end(): void;
  /** The rest will never come: the connection is cut, so that the caller sees it. */
  cut(): void;
  /** Set by whoever writes. */
  whenReady: (() => void) | undefined;
  /** Called when nobody waits for the answer any more. */
  whenGone: (() => void) | undefined;
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
  /** From the end of the request to the beginning of the answer, milliseconds. */
  readonly tryMs: number;
  readonly idleMs: number;
  readonly streamIdleMs: number;
  readonly reply: Reply;
  /** True where an answer of this status is thrown away, because there will be another try. */
  readonly drops: (status: number) => boolean;
  readonly answerHeaders: (rawHeaders: unknown) => string[];
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

/** Sends a request once and streams the answer on. Never rejects. */
export function tryOnce(attempt: Attempt): Promise<Outcome> {
  return new Promise((resolve) => new Try(attempt, resolve).start());
}

class Try implements Dispatcher.DispatchHandler {
  private readonly attempt: Attempt;
  private readonly settle: (outcome: Outcome) => void;
  private controller: Dispatcher.DispatchController | undefined;
  private timer: NodeJS.Timeout | undefined;
  private status = 0;
  private isDropped = false;
  private droppedBytes = 0;
  private isSettled = false;
  private isTimeout = false;

  constructor(attempt: Attempt, settle: (outcome: Outcome) => void) {
    this.attempt = attempt;
    this.settle = settle;
  }

  start(): void {
    const { endpoint, method, path, headers, body, reply } = this.attempt;
    reply.whenGone = () => {
      // First: the end of the connection must not count as a failure of the upstream.
      this.finish({ kind: "gone" });
      this.controller?.abort(new Error("the caller went away"));
    };
    reply.whenReady = () => this.controller?.resume();
    if (!body.isStream) {
      this.arm();
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

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.isSettled) {
      controller.abort(new Error("nobody waits for this request any more"));
    }
  }

  onRequestSent(): void {
    if (this.attempt.body.isStream && this.status === 0) {
      this.arm();
    }
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 200 || this.isSettled) {
      return;
    }
    clearTimeout(this.timer);
    this.status = status;
    const { reply, drops, answerHeaders, idleMs, streamIdleMs } = this.attempt;
    if (drops(status)) {
      this.isDropped = true;
      this.watchSilence(DROPPED_MAX_MS);
      return;
    }
    const isStream = headers["content-type"]?.startsWith("text/event-stream") === true;
    this.watchSilence(isStream ? streamIdleMs : idleMs);
    reply.head(status, answerHeaders(controller.rawHeaders));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.isDropped) {
      this.droppedBytes += chunk.length;
      if (this.droppedBytes > DROPPED_MAX_BYTES) {
        controller.abort(new Error("the rest of this answer is not needed"));
      }
      return;
    }
    this.timer?.refresh();
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
  private arm(): void {
    this.timer = setTimeout(() => this.late(), this.attempt.tryMs);
  }

  private late(): void {
    this.isTimeout = true;
    const error = new Error("the upstream did not answer in time");
    this.controller?.abort(error);
    this.onResponseError(undefined, error);
  }

  /** Gives up an answer that stops in the middle; not while it is we who do not read. */
  private watchSilence(ms: number): void {
    this.timer = setTimeout(() => {
      if (this.controller?.paused === true) {
        this.timer?.refresh();
      } else {
        this.controller?.abort(new Error("the upstream fell silent in the middle of its answer"));
      }
    }, ms);
  }

  private finish(outcome: Outcome): void {
    if (!this.isSettled) {
      this.isSettled = true;
      clearTimeout(this.timer);
      this.attempt.reply.whenGone = undefined;
      this.attempt.reply.whenReady = undefined;
      this.settle(outcome);
    }
  }
}
