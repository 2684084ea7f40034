import type { World } from "#kernel";
import type { Exchange } from "./exchange.ts";
import type { Outcome } from "./recorder.ts";

/** Requests that take longer are written down although they succeed, milliseconds. */
const SLOW_MS = 1_000;
/** Lines a second about failures; a flood of refused requests must not become a flood of lines. */
const FAILURES_PER_S_MAX = 100;
/** Endpoints that probes call all the time; their lines are only for debugging. */
const quietEndpoints = new Set(["/health", "/api/health", "/ready", "/metrics"]);

export interface AccessLog {
  /** The end of an exchange. */
  ended(exchange: Exchange, outcome: Outcome, ms: number): void;
  /** Whether one more line about a failure may be written in this second. */
  mayTellFailure(): boolean;
}

/**
 * One line for each request, or for each that failed or was slow, as `BASALT_ACCESS_LOG` says. A line names the route, never
 * the path or the query, which may hold what is nobody's business.
 */
export function openAccessLog({ config, log }: Pick<World, "config" | "log">): AccessLog {
  const mode = config.accessLog;
  let second = 0;
  let told = 0;

  const mayTellFailure = (): boolean => {
    const now = Math.floor(performance.now() / 1_000);
    if (now !== second) {
      const untold = told - FAILURES_PER_S_MAX;
      second = now;
      told = 0;
      if (untold > 0) {
        log.warn({ untold }, "more requests failed than are written down");
      }
    }
    told += 1;
    return told <= FAILURES_PER_S_MAX;
  };

  return {
    mayTellFailure,
    ended: (exchange, { status, bytesOut }, ms) => {
      const { endpoint, method, requestId, userId, address, code, traceparent } = exchange;
      const isFailure = status >= 400;
      if (
        mode === "off" ||
        (mode === "errors" &&
          (isFailure ? !mayTellFailure() : ms < SLOW_MS || quietEndpoints.has(endpoint)))
      ) {
        return;
      }
      const line = {
        method,
        endpoint,
        status,
        ms: Math.round(ms * 100) / 100,
        requestId,
        userId,
        bytes: bytesOut,
        address,
        code,
        traceId: traceIdIn(traceparent),
      };
      if (quietEndpoints.has(endpoint) && !isFailure) {
        log.debug(line, "request");
      } else {
        log.info(line, "request");
      }
    },
  };
}

/** The trace that the caller's request is part of. Source: W3C trace context, version 00. */
function traceIdIn(traceparent: string | undefined): string | undefined {
  return traceparent === undefined
    ? undefined
    : /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(traceparent)?.[1];
}
