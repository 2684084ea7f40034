import { Problem, type World } from "#kernel";
import type { Exchange } from "./exchange.ts";

export interface Outcome {
  readonly status: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface Recorder {
  /** A failure, before it is rendered: bugs and outages go to the log whole. */
  failed(error: unknown, exchange: Exchange): void;
  /** The end of an exchange: one line in the log, one count in each metric. */
  done(exchange: Exchange, outcome: Outcome): void;
}

/** Buckets of the request duration, seconds: the usual ones from 10 ms, finer ones below. */
export const DURATION_BUCKETS_S = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
const SIZE_BUCKETS_BYTES = [
  256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
];
/** Endpoints that probes call all the time; their lines are only for debugging. */
const quietEndpoints = new Set(["/health", "/api/health", "/ready", "/metrics"]);
const knownMethods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

export function openRecorder(world: World, running: () => number): Recorder {
  const { log, metrics } = world;
  const labels = ["method", "endpoint", "status_code"];
  const requests = metrics.counter("http_requests_total", "HTTP requests answered", labels);
  const seconds = metrics.histogram(
    "http_request_duration_seconds",
    "Time to answer, seconds",
    labels,
    DURATION_BUCKETS_S,
  );
  const bytesIn = metrics.histogram(
    "http_request_size_bytes",
    "Size of request bodies",
    ["endpoint"],
    SIZE_BUCKETS_BYTES,
  );
  const bytesOut = metrics.histogram(
    "http_response_size_bytes",
    "Size of answers",
    ["endpoint"],
    SIZE_BUCKETS_BYTES,
  );
  const errors = metrics.counter("errors_total", "Failures by kind; `internal` is a bug", ["kind"]);
  metrics.gauge("http_requests_running", "Requests that are being answered", [], (gauge) =>
    gauge.set(running()),
  );

  return {
    failed: (error, exchange) => {
      const { requestId, endpoint } = exchange;
      if (!(error instanceof Problem)) {
        exchange.code = "kernel.internal";
        errors.inc({ kind: "internal" });
        log.error({ err: error, requestId, endpoint }, "a request failed unexpectedly");
        return;
      }
      exchange.code = error.code;
      errors.inc({ kind: error.kind });
      if (error.kind === "unavailable" || error.kind === "storage-full") {
        log.warn(
          { err: error.cause ?? error, code: error.code, requestId, endpoint },
          "a request could not be served",
        );
      }
    },
    done: (exchange, outcome) => {
      const { endpoint, requestId, userId, address, code } = exchange;
      const method = knownMethods.has(exchange.method) ? exchange.method : "OTHER";
      const status = String(outcome.status);
      const ms = performance.now() - exchange.startedMs;
      const labelled = { method, endpoint, status_code: status };
      requests.inc(labelled);
      seconds.observe(ms / 1_000, labelled);
      bytesIn.observe(outcome.bytesIn, { endpoint });
      bytesOut.observe(outcome.bytesOut, { endpoint });
      const line = {
        method,
        endpoint,
        status: outcome.status,
        ms: Math.round(ms * 100) / 100,
        requestId,
        userId,
        bytes: outcome.bytesOut,
        address,
        code,
      };
      if (quietEndpoints.has(endpoint)) {
        log.debug(line, "request");
      } else {
        log.info(line, "request");
      }
    },
  };
}
