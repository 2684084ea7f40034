import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "#kernel";
import type { Endpoint } from "./endpoint.ts";
import type { RequestBody } from "./request-body.ts";
import { tryOnce, type Outcome, type Reply } from "./try-once.ts";
import type { Upstream } from "./upstream.ts";

/** A request that goes to an upstream. */
export interface Forwarded {
  readonly upstream: Upstream;
  readonly method: string;
  /** With its query, without the base path of the server. */
  readonly path: string;
  readonly headersFor: (endpoint: Endpoint) => string[];
  readonly body: RequestBody;
  readonly reply: Reply;
  readonly answerHeaders: (rawHeaders: unknown) => string[];
  /** Told of each try. */
  readonly tried: (result: TryResult) => void;
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
 * has room. Rejects only while nothing has been answered.
 * Problems: `gateway.upstream-unavailable` (no server may be asked), `gateway.upstream-failed`, `gateway.upstream-timeout`.
 */
export async function forward(request: Forwarded): Promise<Forwarding> {
  const { budget } = request.upstream;
  budget.begin();
  try {
    return await new Tries(request).run();
  } finally {
    budget.end();
  }
}

class Tries {
  private readonly request: Forwarded;
  private readonly endsAtMs: number;
  private tries = 0;
  /** The budget has given way to another try. */
  private isGranted = false;

  constructor(request: Forwarded) {
    this.request = request;
    this.endsAtMs = performance.now() + request.upstream.spec.timeouts.totalMs;
  }

  async run(): Promise<Forwarding> {
    const { upstream } = this.request;
    let last: Endpoint | undefined;
    for (;;) {
      const endpoint = upstream.pick(last);
      const pass = endpoint?.breaker.enter() ?? 0;
      if (endpoint === undefined || pass === 0) {
        this.giveBack();
        throw unavailable(upstream);
      }
      if (endpoint === last) {
        await sleep(PAUSE_MS * 2 ** (this.tries - 1) * (0.5 + Math.random() / 2));
      }
      last = endpoint;
      this.tries += 1;
      const outcome = await this.once(endpoint, pass);
      if (outcome.kind === "answered") {
        return { status: outcome.status, isWhole: outcome.isWhole };
      }
      if (outcome.kind === "gone") {
        return { status: 499, isWhole: false };
      }
      if (outcome.kind === "failed" && !this.mayRepeat(outcome.reason === "never-sent")) {
        throw failure(upstream, outcome.reason, outcome.error);
      }
    }
  }

  private async once(endpoint: Endpoint, pass: number): Promise<Outcome> {
    const { upstream, method, path, headersFor, body, reply, answerHeaders, tried } = this.request;
    const { timeouts, retries } = upstream.spec;
    const startedMs = performance.now();
    const wasGranted = this.isGranted;
    this.isGranted = false;
    endpoint.active += 1;
    const outcome = await tryOnce({
      endpoint,
      method,
      path: endpoint.basePath + path,
      headers: headersFor(endpoint),
      body,
      tryMs: Math.max(1, Math.min(timeouts.tryMs, this.endsAtMs - startedMs)),
      idleMs: timeouts.idleMs,
      streamIdleMs: timeouts.streamIdleMs,
      reply,
      drops: (status) => retries.status.includes(status) && this.mayRepeat(false),
      answerHeaders,
    });
    endpoint.active -= 1;
    if (wasGranted) {
      upstream.budget.retried();
    }
    judge(endpoint, pass, outcome);
    tried({ upstream: upstream.name, outcome: nameOf(outcome), ms: performance.now() - startedMs });
    return outcome;
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
