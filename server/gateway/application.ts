import { type Context, Hono } from "hono";
import { matchedRoutes, routePath } from "hono/route";
import type { RouterRoute } from "hono/types";
import { type HttpEnv, Problem, readsUntil, renderProblem, type Scope } from "#kernel";
import { type Exchange, UNMATCHED } from "./exchange.ts";
import type { GatewayOptions } from "./gateway.ts";
import { keyedCalls } from "./keyed-calls.ts";
import type { OwnRoutes } from "./pages/own-routes.ts";

/** What the application is called with: the exchange, beside the request. */
export interface GatewayEnv extends HttpEnv {
  Bindings: Exchange;
}

/** All routes in one application: the scope is made, keys are honoured, then the route runs. */
export function applicationOf(options: GatewayOptions, own: OwnRoutes): Hono<GatewayEnv> {
  const { world, mounts } = options;
  const app = new Hono<GatewayEnv>({ getPath: (_request, hono) => pathFrom(hono?.env) });
  const keyed = keyedCalls(world, mounts);

  app.use("*", async (c, next) => {
    const exchange = c.env;
    const route = routeIn(matchedRoutes(c));
    exchange.endpoint = patternOf(route?.path ?? UNMATCHED);
    if (own.paths(exchange.path)) {
      return next();
    }
    const { actor } = exchange;
    const scope: Scope = {
      ...world,
      db: readsUntil(world.db, exchange.abort.signal),
      actor,
      source: actor.kind === "user" && actor.credential.kind === "session" ? "ui" : "api",
      signal: exchange.abort.signal,
      requestId: exchange.requestId,
      address: exchange.address,
      userAgent: c.req.raw.headers.get("user-agent") ?? "",
    };
    c.set("scope", scope);
    const answer = await keyed(c, route, next);
    noteEndpoint(c);
    return answer;
  });
  app.route("/", own.routes);
  for (const { routes } of mounts) {
    app.route("/", routes);
  }
  app.notFound((c) => {
    const exchange = c.env;
    const allowed = allowedMethods(app, exchange.path);
    exchange.endpoint = UNMATCHED;
    const problem =
      allowed.length === 0
        ? new Problem("not-found", "gateway.no-such-route", {
            message: "There is nothing at this address.",
          })
        : new Problem("method-not-allowed", "gateway.method-not-allowed", {
            message: `This address answers ${allowed.join(", ")}.`,
          });
    exchange.code = problem.code;
    const response = renderProblem(problem, exchange.surface, exchange.requestId);
    if (allowed.length > 0) {
      response.headers.set("allow", allowed.join(", "));
    }
    return response;
  });
  return app;
}

/** Writes down which route answered, once one has run. */
export function noteEndpoint(c: Context<GatewayEnv>): void {
  const { env: exchange, req } = c;
  if (exchange.endpoint !== UNMATCHED && req.routeIndex > 0) {
    exchange.endpoint = c.get("endpoint") ?? patternOf(routePath(c));
  }
}

/** The route that will answer: the first that is no wildcard, because Hono asks in the order of mounting. */
function routeIn(matched: readonly RouterRoute[]): RouterRoute | undefined {
  return matched.find(({ path }) => !path.endsWith("*")) ?? matched[1];
}

const patterns = new Map<string, string>();

/** `/a/:id` as the contract and the metrics write it: `/a/{id}`, without the rule of the id. Routes are few, so each is turned once. */
function patternOf(path: string): string {
  const known = patterns.get(path);
  if (known !== undefined) {
    return known;
  }
  const pattern = path.replace(/:(\w+)(?:\{(?:[^{}]|\{[^{}]*\})*\})?\??/g, "{$1}");
  patterns.set(path, pattern);
  return pattern;
}

function pathFrom(env: Exchange | undefined): string {
  if (env === undefined) {
    throw new Error("the gateway's application is called without an exchange");
  }
  return env.path;
}

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** Methods that a route at this path names; routes for every method answer themselves. */
function allowedMethods(app: Hono<GatewayEnv>, path: string): string[] {
  const named = methods.filter((method) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method === method),
  );
  return named.includes("GET") ? [...named, "HEAD"] : named;
}
