import type { Metrics } from "#kernel";
import { Lookup } from "../lookup.ts";
import type { TryResult } from "./forward.ts";
import type { LiveRoute } from "./live-route.ts";

/** What is counted of routes and upstreams. All labels come from the gateway file. */
export interface UpstreamMetrics {
  tried(result: TryResult): void;
  routed(result: {
    readonly route: string;
    readonly target: string;
    readonly status: number;
    readonly ms: number;
  }): void;
}

/** Seconds. */
const BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function openUpstreamMetrics(
  metrics: Metrics,
  routes: () => readonly LiveRoute[],
): UpstreamMetrics {
  const routeLabels = ["route", "target", "status_code"];
  const requests = metrics.counter(
    "gateway_route_requests_total",
    "Requests of a route of the gateway file, by the target that answered",
    routeLabels,
  );
  const seconds = metrics.histogram(
    "gateway_route_duration_seconds",
    "Time to answer through a route, seconds",
    ["route", "target"],
    BUCKETS_S,
  );
  const tries = metrics.counter(
    "gateway_backend_requests_total",
    "Tries at an upstream; the outcome is a status, refused, broken, timeout or gone",
    ["upstream", "outcome"],
  );
  const trySeconds = metrics.histogram(
    "gateway_backend_duration_seconds",
    "Time of a try at an upstream, seconds",
    ["upstream"],
    BUCKETS_S,
  );
  const weights = new Map<string, { route: string; target: string }>();
  metrics.gauge("gateway_target_weight", "Weight of a target now", ["route", "target"], (gauge) => {
    for (const gone of weights.values()) {
      gauge.set(0, gone);
    }
    for (const { route, targets } of routes()) {
      for (const { name, weight } of targets) {
        const labels = { route: route.name, target: name };
        weights.set(`${route.name} ${name}`, labels);
        gauge.set(weight, labels);
      }
    }
  });
  const triedOf = new Lookup((upstream: string) => ({
    seconds: trySeconds.of({ upstream }),
    outcomes: new Lookup((outcome: string) => tries.of({ upstream, outcome })),
  }));
  const routedOf = new Lookup(
    (route: string) =>
      new Lookup((target: string) => ({
        seconds: seconds.of({ route, target }),
        statuses: new Lookup((status: number) =>
          requests.of({ route, target, status_code: String(status) }),
        ),
      })),
  );
  return {
    tried: ({ upstream, outcome, ms }) => {
      const of = triedOf.get(upstream);
      of.outcomes.get(outcome).inc();
      of.seconds.observe(ms / 1_000);
    },
    routed: ({ route, target, status, ms }) => {
      const of = routedOf.get(route).get(target);
      of.statuses.get(status).inc();
      of.seconds.observe(ms / 1_000);
    },
  };
}
