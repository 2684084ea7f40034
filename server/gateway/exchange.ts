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
}

const ANONYMOUS: Actor = { kind: "anonymous" };

/** The endpoint label where no route matched. */
export const UNMATCHED = "unmatched";

export interface NewExchange {
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
export function newExchange(call: NewExchange): Exchange {
  const { method, target, requestId, address } = call;
  const path = pathOf(target);
  return {
    requestId:
      requestId !== null && /^[A-Za-z0-9._-]{1,64}$/.test(requestId) ? requestId : newId("req"),
    method,
    path,
    surface: surfaceOf(path),
    startedMs: performance.now(),
    address,
    abort: new AbortController(),
    routeClass: call.routeClass ?? routeClassOf(method, path),
    baseId: baseIdIn(path),
    origin: call.origin,
    traceparent: call.traceparent,
    actor: ANONYMOUS,
    endpoint: UNMATCHED,
  };
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
