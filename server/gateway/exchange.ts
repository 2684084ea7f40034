import { type Actor, newId, Problem, type Surface, surfaceOf } from "#kernel";
import type { Lease } from "./limits/lease.ts";
import type { HeldBucket } from "./limits/rate-limits.ts";
import { baseIdIn, type RouteClass, routeClassOf } from "./limits/route-class.ts";

/** One request on its way through the gateway: what the log, the metrics and the renderer need to know of it. */
export interface Exchange {
  readonly requestId: string;
  readonly method: string;
  /** Still percent-encoded, without the query and without one trailing slash. */
  readonly path: string;
  readonly surface: Surface;
  readonly startedMs: number;
  /** The caller's address; behind a trusted proxy, the address that the proxy names. */
  readonly address: string;
  /** Aborts at the deadline or when the caller has gone. */
  readonly abort: AbortController;
  /** What it asks for, as limits and priorities see it. */
  readonly routeClass: RouteClass;
  /** The base that the path names. */
  readonly baseId: string | undefined;
  /** The origin of the page that asks, as its browser names it. */
  readonly origin?: string | undefined;
  /** The `traceparent` header: the trace that the request is part of. */
  readonly traceparent?: string | undefined;
  /** Who asks; nobody until `identify` has found out. */
  actor: Actor;
  /** The slot that it runs in, while our own routes answer it. */
  lease?: Lease;
  /** The limits that it was counted in. */
  buckets?: readonly HeldBucket[];
  /** The route pattern; from a fixed list. */
  endpoint: string;
  /** Why the token was refused, kept until a route asks for somebody. */
  authProblem?: Problem;
  /** The code of the problem that was answered. */
  code?: string;
  userId?: string;
  /** It is being answered. */
  isRunning?: boolean;
}

const ANONYMOUS: Actor = { kind: "anonymous" };

/** The endpoint label where no route matched. */
export const UNMATCHED = "unmatched";

/** What an exchange begins with. */
export interface ExchangeCall {
  readonly method: string;
  /** Path and query as the caller sent them. */
  readonly target: string;
  readonly requestId: string | null;
  readonly address: string;
  /** Where the path does not say it: what the gateway passes on. */
  readonly routeClass?: RouteClass | undefined;
  /** The `Origin` header. */
  readonly origin?: string | undefined;
  readonly traceparent?: string | undefined;
}

/** Begins an exchange. A request id of the caller is kept where it is harmless to repeat in logs and headers. */
export function newExchange(call: ExchangeCall): Exchange {
  return new NewExchange(call);
}

/** What only some ask for is made when they do. */
class NewExchange implements Exchange {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly startedMs = performance.now();
  readonly address: string;
  readonly routeClass: RouteClass;
  readonly origin: string | undefined;
  readonly traceparent: string | undefined;
  actor: Actor = ANONYMOUS;
  endpoint = UNMATCHED;
  lease?: Lease;
  buckets?: readonly HeldBucket[];
  authProblem?: Problem;
  code?: string;
  userId?: string;
  isRunning = false;
  #abort: AbortController | undefined;

  constructor(call: ExchangeCall) {
    const { method, target, requestId, address } = call;
    this.requestId =
      requestId !== null && /^[A-Za-z0-9._-]{1,64}$/.test(requestId) ? requestId : newId("req");
    this.method = method;
    this.path = pathOf(target);
    this.address = address;
    this.routeClass = call.routeClass ?? routeClassOf(method, this.path);
    this.origin = call.origin;
    this.traceparent = call.traceparent;
  }

  get surface(): Surface {
    return surfaceOf(this.path);
  }

  get baseId(): string | undefined {
    return baseIdIn(this.path);
  }

  get abort(): AbortController {
    this.#abort ??= new AbortController();
    return this.#abort;
  }
}

/** The path of a target, without one trailing slash. */
export function pathOf(target: string): string {
  const query = target.indexOf("?");
  const path = query === -1 ? target : target.slice(0, query);
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

/** Nobody waits for the answer any more. Code `gateway.given-up`. */
export function callerGone(): Problem {
  return new Problem("unavailable", "gateway.given-up", {
    message: "The request was given up: the caller went away, or the time was over.",
  });
}
