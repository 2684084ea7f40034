import { type Histogram, type Metrics, Problem, type World } from "#kernel";
import { openAccessLog } from "./access-log.ts";
import type { Exchange } from "./exchange.ts";
import { Lookup } from "./lookup.ts";

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
/** Problems that say something of the caller or of the load, and nothing of what is broken: counted, not told one by one. */
const expectedCodes: ReadonlySet<string> = new Set([
  "gateway.given-up",
  "gateway.overloaded",
  "gateway.too-many-bodies",
]);
const knownMethods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

export function openRecorder(world: World, running: () => number): Recorder {
  const { log, metrics } = world;
  const errors = metrics.counter("errors_total", "Failures by kind; `internal` is a bug", ["kind"]);
  metrics.gauge("http_requests_running", "Requests that are being answered", [], (gauge) =>
    gauge.set(running()),
  );
  const count = requestCounts(metrics);
  const accessLog = openAccessLog(world);

  return {
    failed: (error, exchange) => {
      const { requestId, endpoint } = exchange;
      if (!(error instanceof Problem)) {
        exchange.code = "kernel.internal";
        errors.inc({ kind: "internal" });
        if (accessLog.mayTellFailure()) {
          log.error({ err: error, requestId, endpoint }, "a request failed unexpectedly");
        }
        return;
      }
      exchange.code = error.code;
      errors.inc({ kind: error.kind });
      if (expectedCodes.has(error.code)) {
        return;
      }
      const isOutage = error.kind === "unavailable" || error.kind === "storage-full";
      if (isOutage && accessLog.mayTellFailure()) {
        const err = error.cause ?? error;
        log.warn({ err, code: error.code, requestId, endpoint }, "a request could not be served");
      }
    },
    done: (exchange, outcome) => {
      const { endpoint } = exchange;
      const method = knownMethods.has(exchange.method) ? exchange.method : "OTHER";
      const ms = performance.now() - exchange.startedMs;
      count({ method, endpoint, ms, outcome });
      accessLog.ended(exchange, outcome, ms);
    },
  };
}

interface Counted {
  readonly method: string;
  readonly endpoint: string;
  readonly ms: number;
  readonly outcome: Outcome;
}

function requestCounts(metrics: Metrics): (counted: Counted) => void {
  const labels = ["method", "endpoint", "status_code"];
  const requests = metrics.counter("http_requests_total", "HTTP requests answered", labels);
  const seconds = metrics.histogram(
    "http_request_duration_seconds",
    "Time to answer, seconds",
    labels,
    DURATION_BUCKETS_S,
  );
  const sizes = (name: string, help: string): Histogram =>
    metrics.histogram(name, help, ["endpoint"], SIZE_BUCKETS_BYTES);
  const bytesIn = sizes("http_request_size_bytes", "Size of request bodies");
  const bytesOut = sizes("http_response_size_bytes", "Size of answers");

  const countsOf = new Lookup((endpoint: string) => ({
    bytesIn: bytesIn.of({ endpoint }),
    bytesOut: bytesOut.of({ endpoint }),
    methods: new Lookup(
      (method: string) =>
        new Lookup((status: number) => {
          const labelled = { method, endpoint, status_code: String(status) };
          return { requests: requests.of(labelled), seconds: seconds.of(labelled) };
        }),
    ),
  }));

  return ({ method, endpoint, ms, outcome }) => {
    const counts = countsOf.get(endpoint);
    const ofStatus = counts.methods.get(method).get(outcome.status);
    ofStatus.requests.inc();
    ofStatus.seconds.observe(ms / 1_000);
    counts.bytesIn.observe(outcome.bytesIn);
    counts.bytesOut.observe(outcome.bytesOut);
  };
}
