import type { Scope } from "#kernel";
import { requireAdmin } from "#identity";
import { mistakeText } from "../file/parse-file.ts";
import type { LiveRoute } from "../upstreams/live-route.ts";
import type { Upstream } from "../upstreams/upstream.ts";
import type { OpenUpstreams } from "./open-upstreams.ts";

/**
 * The gateway of this process as it is: the file, routes with the weights in force and who set them, what targets did lately,
 * breakers and health of servers.
 * Problems: `identity.administrator-required`, `identity.scope-required`.
 */
export function showGateway(scope: Scope, { upstreams, file }: OpenUpstreams): object {
  requireAdmin(scope, "enterprise.account:read");
  const { path, hash, loadedAt, mistakes, refusedAt } = file.state;
  return {
    process: { pid: process.pid, address: `${scope.config.host}:${scope.config.port}` },
    file: {
      path,
      hash: hash === "" ? null : hash.slice(0, 16),
      loadedAt: loadedAt.toISOString(),
      mistakes: mistakes.map(mistakeText),
      refusedAt: refusedAt?.toISOString() ?? null,
    },
    precedence:
      "The last word counts: a command holds until the file says something else of the route's targets; a command counts again from then on.",
    routes: upstreams.liveRoutes.map(showRoute),
    upstreams: upstreams.upstreams.map(showUpstream),
    limits: file.state.file.others["limits"] ?? [],
    cors: file.state.file.others["cors"] ?? [],
    webSockets: upstreams.tunnels.size,
  };
}

/** A route for an administrator. */
export function showRoute(live: LiveRoute): object {
  const { spec } = live.route;
  return {
    name: live.route.name,
    path: spec.path,
    host: spec.host ?? null,
    methods: spec.methods ?? null,
    auth: spec.auth,
    sticky: spec.sticky,
    refuses: spec.refuse ?? null,
    targets: live.targets.map(({ name, upstream, own, weight, window }) => ({
      name,
      to: upstream === undefined ? { own } : { upstream },
      weight,
      weightInFile: live.route.targets.find((target) => target.name === name)?.weight ?? 0,
      lately: window.figures(),
    })),
    weightsFrom: live.command === undefined ? "file" : "command",
    command:
      live.command === undefined
        ? null
        : {
            reason: live.command.reason,
            changedAt: live.command.changedAt.toISOString(),
            changedBy: live.command.changedBy,
            automaticPaused: live.command.paused,
          },
    cutOver:
      spec.cutOver === undefined
        ? null
        : {
            from: spec.cutOver.from,
            to: spec.cutOver.to,
            percent: live.percent(),
            automatic: spec.cutOver.automatic ?? null,
            rollback: spec.cutOver.rollback,
            verdict: live.verdict ?? null,
            baseline: live.baseline ?? null,
          },
    shadow: spec.shadow === undefined ? null : { to: spec.shadow.upstream ?? spec.shadow.own },
  };
}

function showUpstream({ name, endpoints, budget, spec }: Upstream): object {
  return {
    name,
    running: budget.active,
    timeouts: spec.timeouts,
    servers: endpoints.map(({ url, isHealthy, breaker, active }) => ({
      url,
      healthy: isHealthy,
      breaker: breaker.state,
      breakerOpenings: breaker.opened,
      running: active,
    })),
  };
}
