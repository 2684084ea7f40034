import type { IncomingHttpHeaders } from "node:http";
import { Problem } from "#kernel";
import type { Endpoint } from "./endpoint.ts";
import type { RequestBody } from "./request-body.ts";
import { type AttemptJudge, tryOnce, type Outcome, type Reply } from "./try-once.ts";
import type { Upstream } from "./upstream.ts";

/** A request that goes to an upstream, and who is told what comes of it. */
export interface Forwarded {
  readonly upstream: Upstream;
  readonly method: string;
  /** With its query, without the base path of the server. */
  readonly path: string;
  readonly body: RequestBody;
  readonly reply: Reply;
  /** By `performance.now`. */
  readonly startedMs: number;
  headersFor(endpoint: Endpoint): string[];
  answerHeaders(headers: IncomingHttpHeaders): string[];
  /** Told of each try. */
  tried(result: TryResult): void;
  /** Told once: the answer has been sent on, or nobody waits for it. */
  ended(result: Forwarding): void;
  /** Told instead where nothing has been answered: why. */
  failed(problem: Problem): void;
}

/** One try, for metrics. */
export interface TryResult {
  readonly upstream: string;
  /** A status such as `200`, or `refused`, `broken`, `timeout`, `gone`. */
  readonly outcome: string;
  readonly ms: number;
}

/** How the request ended: a status that was sent on, or nobody waited any more. */
export interface Forwarding {
  /** 499 where the caller went away first. */
  readonly status: number;
  /** False where the answer broke off in the middle. */
  readonly isWhole: boolean;
}

/** Doing these twice is as good as once (RFC 9110, 9.2.2). */
const repeatable: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "OPTIONS",
  "PUT",
  "DELETE",
  "TRACE",
]);
/** Statuses that say that the server itself is in trouble, not this request. */
const trouble: ReadonlySet<number> = new Set([502, 503, 504]);
/** Before another try of the same server: half to whole of this, doubled each time, milliseconds. */
const PAUSE_MS = 20;

/**
 * Sends a request to an upstream and its answer to the caller, with other tries where nothing can happen twice and the budget
 * has room. Calls back instead of promising: this is done for every request.
 * Problems (told): `gateway.upstream-unavailable` (no server may be asked), `gateway.upstream-failed`, `gateway.upstream-timeout`.
 */
export function forward(request: Forwarded): void {
  request.upstream.budget.begin();
  new Tries(request).next();
}

class Tries implements AttemptJudge {
  private readonly request: Forwarded;
  private readonly endsAtMs: number;
  private tries = 0;
  /** The budget has given way to another try. */
  private isGranted = false;
  /** Of the try that runs. */
  private wasGranted = false;
  private startedMs: number;
  private pass = 0;
  private endpoint: Endpoint | undefined = undefined;

  constructor(request: Forwarded) {
    this.request = request;
    this.startedMs = request.startedMs;
    this.endsAtMs = this.startedMs + request.upstream.spec.timeouts.totalMs;
  }

  next(): void {
    const { upstream } = this.request;
    const last = this.endpoint;
    const endpoint = upstream.pick(last);
    const pass = endpoint?.breaker.enter() ?? 0;
    if (endpoint === undefined || pass === 0) {
      this.giveBack();
      this.failed(unavailable(upstream));
      return;
    }
    this.pass = pass;
    this.endpoint = endpoint;
    if (endpoint === last) {
      setTimeout(
        () => this.again(endpoint),
        PAUSE_MS * 2 ** (this.tries - 1) * (0.5 + Math.random() / 2),
      );
    } else if (last === undefined) {
      this.once(endpoint);
    } else {
      this.again(endpoint);
    }
  }

  drops(status: number): boolean {
    return this.request.upstream.spec.retries.status.includes(status) && this.mayRepeat(false);
  }

  answerHeaders(headers: IncomingHttpHeaders): string[] {
    return this.request.answerHeaders(headers);
  }

  settled(outcome: Outcome): void {
    const { request, endpoint, pass } = this;
    const { upstream } = request;
    if (endpoint === undefined) {
      return;
    }
    endpoint.active -= 1;
    if (this.wasGranted) {
      upstream.budget.retried();
    }
    judge(endpoint, pass, outcome);
    request.tried({
      upstream: upstream.name,
      outcome: nameOf(outcome),
      ms: performance.now() - this.startedMs,
    });
    if (outcome.kind === "answered") {
      this.ended(outcome);
    } else if (outcome.kind === "gone") {
      this.ended({ status: 499, isWhole: false });
    } else if (outcome.kind === "failed" && !this.mayRepeat(outcome.reason === "never-sent")) {
      this.failed(failure(upstream, outcome.reason, outcome.error));
    } else {
      // Not from within the client, which is still busy with the end of this try.
      queueMicrotask(() => this.next());
    }
  }

  private again(endpoint: Endpoint): void {
    this.startedMs = performance.now();
    this.once(endpoint);
  }

  private once(endpoint: Endpoint): void {
    const { request, startedMs } = this;
    const { timeouts } = request.upstream.spec;
    this.tries += 1;
    this.wasGranted = this.isGranted;
    this.isGranted = false;
    endpoint.active += 1;
    tryOnce({
      endpoint,
      method: request.method,
      path: endpoint.basePath + request.path,
      headers: request.headersFor(endpoint),
      body: request.body,
      startedMs,
      tryMs: Math.max(1, Math.min(timeouts.tryMs, this.endsAtMs - startedMs)),
      timeouts,
      reply: request.reply,
      judge: this,
    });
  }

  private ended(result: Forwarding): void {
    this.request.upstream.budget.end();
    this.request.ended(result);
  }

  private failed(problem: Problem): void {
    this.request.upstream.budget.end();
    this.request.failed(problem);
  }

  /** Asks for another try; from then on it has been counted. */
  private mayRepeat(isNeverSent: boolean): boolean {
    const { upstream, method, body, reply } = this.request;
    const may =
      (isNeverSent || repeatable.has(method)) &&
      body.isFresh &&
      !reply.isGone &&
      this.tries < upstream.spec.retries.triesMax &&
      performance.now() < this.endsAtMs &&
      upstream.isAvailable;
    // Knocking at another door where nobody opened adds to nobody's load.
    if (!may || (isNeverSent && upstream.endpoints.length > 1)) {
      return may;
    }
    this.isGranted = upstream.budget.mayRetry();
    return this.isGranted;
  }

  private giveBack(): void {
    if (this.isGranted) {
      this.isGranted = false;
      this.request.upstream.budget.retried();
    }
  }
}

/** What the try says about the server. */
function judge({ breaker }: Endpoint, pass: number, outcome: Outcome): void {
  switch (outcome.kind) {
    case "gone":
      breaker.abandoned(pass);
      break;
    case "failed":
      breaker.failed(pass);
      break;
    case "answered":
      if (outcome.isWhole && !trouble.has(outcome.status)) {
        breaker.succeeded(pass);
      } else {
        breaker.failed(pass);
      }
      break;
    default:
      breaker.failed(pass);
  }
}

function nameOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case "gone":
      return "gone";
    case "failed":
      return outcome.reason === "never-sent" ? "refused" : outcome.reason;
    default:
      return String(outcome.status);
  }
}

function unavailable(upstream: Upstream): Problem {
  return new Problem("unavailable", "gateway.upstream-unavailable", {
    message: "The service behind this address is not available at the moment.",
    retryAfterS: upstream.retryAfterS,
  });
}

function failure(
  upstream: Upstream,
  reason: "never-sent" | "broken" | "timeout",
  cause: Error,
): Problem {
  return reason === "timeout"
    ? new Problem("gateway-timeout", "gateway.upstream-timeout", {
        message: "The service behind this address did not answer in time.",
        cause,
      })
    : new Problem("bad-gateway", "gateway.upstream-failed", {
        message: "The service behind this address could not be reached.",
        retryAfterS: upstream.retryAfterS,
        cause,
      });
}
