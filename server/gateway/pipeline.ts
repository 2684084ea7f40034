import { Hono } from "hono";
import { matchedRoutes } from "hono/route";
import {
  type Actor,
  type HttpEnv,
  IdempotentReplay,
  Problem,
  renderProblem,
  type Scope,
} from "#kernel";
import { answerOf, type Answer, compressed, corsHeaders, responseOf } from "./answer.ts";
import { type Exchange, newExchange, UNMATCHED } from "./exchange.ts";
import type { GatewayOptions } from "./gateway.ts";
import { keyedCalls, replayed } from "./keyed-calls.ts";
import { ownRoutes } from "./own-routes.ts";
import { openRecorder } from "./recorder.ts";

/** The way of a request through the gateway, whatever it came in on. */
export interface Pipeline {
  /** Answers; never rejects. Whoever writes the answer calls `done` afterwards. */
  answer(request: Request, exchange: Exchange): Promise<Answer>;
  /** A failure that was found before there was a Request to route. */
  refuse(problem: Problem, exchange: Exchange): Promise<Answer>;
  /** Counts and logs the exchange. */
  done(
    exchange: Exchange,
    outcome: { readonly status: number; readonly bytesIn: number; readonly bytesOut: number },
  ): void;
  fetch(request: Request, caller?: { readonly address?: string }): Promise<Response>;
  /** From now on `/ready` says 503. */
  stopping(): void;
  /** Requests that have not been answered yet. */
  readonly running: ReadonlySet<Exchange>;
}

interface GatewayEnv extends HttpEnv {
  Bindings: Exchange;
}

const anonymous: Actor = { kind: "anonymous" };

/** Builds the routes of the gateway itself and of the modules into one application. */
export function openPipeline(options: GatewayOptions): Pipeline {
  const { world } = options;
  const running = new Set<Exchange>();
  const recorder = openRecorder(world, () => running.size);
  const own = ownRoutes(options);
  const app = routed(options, own.routes, own.paths);

  const failed = (error: unknown, exchange: Exchange): Response => {
    const known = explained(error, exchange);
    recorder.failed(known, exchange);
    return renderProblem(known, exchange.surface, exchange.requestId);
  };
  // A route that handles keys itself may find the answer of another process in its transaction.
  app.onError((error, c) =>
    error instanceof IdempotentReplay ? replayed(error.answer) : failed(error, c.env),
  );

  const route = async (request: Request, exchange: Exchange): Promise<Answer> => {
    try {
      if (exchange.method === "OPTIONS" && exchange.surface === "airtable") {
        return await answerOf(preflight(), exchange);
      }
      const answering = Promise.resolve(app.fetch(request, exchange));
      const response = await orDeadline(answering, exchange, world.config.requestTimeoutMs);
      return await compressed(
        await answerOf(response, exchange),
        request.headers.get("accept-encoding"),
      );
    } catch (error) {
      return answerOf(failed(error, exchange), exchange);
    }
  };

  const pipeline: Pipeline = {
    running,
    answer: async (request, exchange) => {
      running.add(exchange);
      return options.tracing === undefined
        ? route(request, exchange)
        : options.tracing.request(request, exchange, () => route(request, exchange));
    },
    refuse: (problem, exchange) => {
      running.add(exchange);
      return answerOf(failed(problem, exchange), exchange);
    },
    done: (exchange, outcome) => {
      running.delete(exchange);
      recorder.done(exchange, outcome);
    },
    fetch: async (request, caller = {}) => {
      const { pathname, search } = new URL(request.url);
      const exchange = newExchange({
        method: request.method,
        target: pathname + search,
        requestId: request.headers.get("x-request-id"),
        address: caller.address ?? "",
      });
      const isHead = request.method === "HEAD";
      const answer = await pipeline.answer(
        isHead ? new Request(request, { method: "GET" }) : request,
        exchange,
      );
      pipeline.done(exchange, { status: answer.status, bytesIn: 0, bytesOut: 0 });
      return responseOf(isHead ? { ...answer, body: null } : answer);
    },
    stopping: own.stopping,
  };
  return pipeline;
}

function routed(
  options: GatewayOptions,
  ownApp: Hono,
  ownPaths: (path: string) => boolean,
): Hono<GatewayEnv> {
  const { world, mounts } = options;
  const app = new Hono<GatewayEnv>({ getPath: (_request, hono) => pathFrom(hono?.env) });
  const keyed = keyedCalls(world, mounts);

  app.use("*", async (c, next) => {
    const exchange = c.env;
    const matched = matchedRoutes(c);
    exchange.endpoint = patternOf(matched.at(-1)?.path ?? UNMATCHED);
    if (ownPaths(exchange.path)) {
      return next();
    }
    const actor = await actorFor(options, exchange, c.req.raw.headers.get("authorization"));
    const scope: Scope = {
      ...world,
      actor,
      source: actor.kind === "user" && actor.credential.kind === "session" ? "ui" : "api",
      signal: exchange.abort.signal,
      requestId: exchange.requestId,
      address: exchange.address,
    };
    c.set("scope", scope);
    const answer = await keyed(c, matched, next);
    exchange.endpoint = c.get("endpoint") ?? exchange.endpoint;
    return answer;
  });
  app.route("/", ownApp);
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

const patterns = new Map<string, string>();

/** `/a/:id` as the contract and the metrics write it: `/a/{id}`. Routes are few, so each is turned once. */
function patternOf(path: string): string {
  const known = patterns.get(path);
  if (known !== undefined) {
    return known;
  }
  const pattern = path.replace(/:(\w+)(?:\{[^/]*\})?\??/g, "{$1}");
  patterns.set(path, pattern);
  return pattern;
}

function pathFrom(env: Exchange | undefined): string {
  if (env === undefined) {
    throw new Error("the gateway's application is called without an exchange");
  }
  return env.path;
}

async function actorFor(
  options: GatewayOptions,
  exchange: Exchange,
  authorization: string | null,
): Promise<Actor> {
  if (authorization === null) {
    return anonymous;
  }
  try {
    const actor = await options.actorOf(options.world, authorization);
    if (actor.kind === "user") {
      exchange.userId = actor.userId;
    }
    return actor;
  } catch (error) {
    if (!(error instanceof Problem)) {
      throw error;
    }
    exchange.authProblem = error;
    return anonymous;
  }
}

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** Methods that a route at this path names; routes for every method answer themselves. */
function allowedMethods(app: Hono<GatewayEnv>, path: string): string[] {
  const named = methods.filter((method) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method === method),
  );
  return named.includes("GET") ? [...named, "HEAD"] : named;
}

function preflight(): Response {
  return new Response(null, {
    status: 200,
    headers: [...corsHeaders.slice(1), ["access-control-max-age", "600"], ["content-length", "0"]],
  });
}

/** "Nobody is signed in" becomes why the token was refused; a route that stopped because it was told to is no bug. */
function explained(error: unknown, { abort, authProblem }: Exchange): unknown {
  if (authProblem !== undefined && error instanceof Problem && error.kind === "unauthenticated") {
    return authProblem;
  }
  return abort.signal.aborted && error === abort.signal.reason ? callerGone() : error;
}

function callerGone(): Problem {
  return new Problem("unavailable", "gateway.given-up", {
    message: "The request was given up: the caller went away, or the time was over.",
  });
}

/**
 * Answers 503 when the deadline passes. The route is told by its signal; what it still does ends by itself (statements
 * have their own limit) and its answer is dropped.
 */
function orDeadline(
  answering: Promise<Response>,
  exchange: Exchange,
  timeoutMs: number,
): Promise<Response> {
  const { abort } = exchange;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        new Problem("unavailable", "gateway.deadline", {
          message: `The request took longer than ${timeoutMs / 1_000} s.`,
          retryAfterS: 1,
        }),
      );
      abort.abort(new DOMException("the request took too long", "TimeoutError"));
    }, timeoutMs);
    const gone = (): void => {
      clearTimeout(timer);
      reject(callerGone());
    };
    abort.signal.addEventListener("abort", gone, { once: true });
    answering.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      abort.signal.removeEventListener("abort", gone);
    });
  });
}
