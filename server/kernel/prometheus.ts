import { performance } from "node:perf_hooks";
import type * as PromClient from "prom-client";
import type { Metrics } from "./metrics.ts";
import { collectDefaults, Gauge, Registry } from "./prom-client.ts";
import { TallyCounter, TallyHistogram } from "./tally.ts";

/**
 * Metrics in Prometheus' text format, with those of the process, the event loop and the heap. Each call makes a registry of
 * its own, so two worlds in one process do not add up. `labels` are on every sample.
 */
export function openMetrics(labels: Readonly<Record<string, string>> = {}): Metrics {
  const register = new Registry();
  register.setDefaultLabels(labels);
  collectDefaults(register);
  const metrics: Metrics = {
    counter: (...asked) => counterIn(register, asked),
    gauge: (...asked) => gaugeIn(register, asked),
    histogram: (...asked) => histogramIn(register, asked),
    expose: async () => ({ text: await register.metrics(), contentType: register.contentType }),
  };
  let before = performance.eventLoopUtilization();
  metrics.gauge(
    "nodejs_eventloop_utilization",
    "Share of time since the last look that the event loop was busy",
    [],
    (gauge) => {
      const now = performance.eventLoopUtilization();
      gauge.set(performance.eventLoopUtilization(now, before).utilization);
      before = now;
    },
  );
  return metrics;
}

/** Gauges of the connection pool; `usage` is that of the opened database. */
export function measurePool(
  metrics: Metrics,
  usage: () => { readonly total: number; readonly idle: number; readonly waiting: number },
): void {
  metrics.gauge("db_pool_connections", "Connections to PostgreSQL", ["state"], (gauge) => {
    const { total, idle } = usage();
    gauge.set(total - idle, { state: "busy" });
    gauge.set(idle, { state: "idle" });
  });
  metrics.gauge("db_pool_waiting", "Callers that wait for a connection", [], (gauge) =>
    gauge.set(usage().waiting),
  );
}

/** `service_info{service,version} 1`, by which dashboards tell versions apart. */
export function announce(metrics: Metrics, version: string): void {
  metrics
    .gauge("service_info", "What runs here", ["service", "version"])
    .set(1, { service: "basalt", version });
}

function counterIn(
  register: PromClient.Registry,
  [name, help, labels = []]: Parameters<Metrics["counter"]>,
): ReturnType<Metrics["counter"]> {
  const counter =
    known(register, name, TallyCounter) ?? new TallyCounter(register, { name, help, labels });
  return {
    inc: (values = NO_LABELS, by = 1) => counter.inc(values, by),
    of: (values) => counter.of(values),
  };
}

function gaugeIn(
  register: PromClient.Registry,
  [name, help, labels = [], collect]: Parameters<Metrics["gauge"]>,
): ReturnType<Metrics["gauge"]> {
  const settable = (gauge: PromClient.Gauge): ReturnType<Metrics["gauge"]> => ({
    set: (value, values) => gauge.set(values ?? {}, value),
  });
  const settings = { name, help, labelNames: [...labels], registers: [register] };
  const made = known(register, name, Gauge);
  if (made !== undefined || collect === undefined) {
    return settable(made ?? new Gauge(settings));
  }
  return settable(
    new Gauge({
      ...settings,
      async collect() {
        await collect(settable(this));
      },
    }),
  );
}

function histogramIn(
  register: PromClient.Registry,
  [name, help, labels = [], buckets]: Parameters<Metrics["histogram"]>,
): ReturnType<Metrics["histogram"]> {
  const histogram =
    known(register, name, TallyHistogram) ??
    new TallyHistogram(register, { name, help, labels, bounds: buckets ?? USUAL_BOUNDS });
  return {
    observe: (value, values = NO_LABELS) => histogram.observe(value, values),
    of: (values) => histogram.of(values),
  };
}

const NO_LABELS = {};
/** Those of the library, for seconds. */
const USUAL_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

type Made = TallyCounter | PromClient.Gauge | TallyHistogram;

/** The metric of that name, where it was asked for before; under another type that is a bug. */
function known<M extends Made>(
  register: PromClient.Registry,
  name: string,
  type: abstract new (...settings: never[]) => M,
): M | undefined {
  const metric: unknown = register.getSingleMetric(name);
  if (metric === undefined || metric instanceof type) {
    return metric;
  }
  throw new Error(`the metric ${name} exists and is not a ${type.name}`);
}
