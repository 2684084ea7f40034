import { IdempotentReplay, Problem, renderProblem } from "#kernel";
import { applicationOf, noteEndpoint } from "./application.ts";
import { answerOf, type Answer, compressed, corsHeaders, responseOf } from "./answers/answer.ts";
import { type Exchange, newExchange } from "./exchange.ts";
import type { GatewayOptions } from "./gateway.ts";
import { replayed } from "./keyed-calls.ts";
import { ownRoutes } from "./pages/own-routes.ts";
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

/** Builds the routes of the gateway itself and of the modules into one application. */
export function openPipeline(options: GatewayOptions): Pipeline {
  const { world } = options;
  const running = new Set<Exchange>();
  const recorder = openRecorder(world, () => running.size);
  const own = ownRoutes(options);
  const app = applicationOf(options, own);

  const failed = (error: unknown, exchange: Exchange): Response => {
    const known = explained(error, exchange);
    recorder.failed(known, exchange);
    return renderProblem(known, exchange.surface, exchange.requestId);
  };
  // A route that handles keys itself may find the answer of another process in its transaction.
  app.onError((error, c) => {
    noteEndpoint(c);
    return error instanceof IdempotentReplay ? replayed(error.answer) : failed(error, c.env);
  });

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

function preflight(): Response {
  return new Response(null, {
    status: 200,
    headers: [...corsHeaders.slice(1), ["access-control-max-age", "600"], ["content-length", "0"]],
  });
}

/** What routes say when nobody is signed in; other 401s (a wrong password) are answers of their own. */
const nobodySignedIn: ReadonlySet<string> = new Set([
  "kernel.not-signed-in",
  "workspaces.sign-in-required",
]);

/** "Nobody is signed in" becomes why the token was refused; a route that stopped because it was told to is no bug. */
function explained(error: unknown, { abort, authProblem }: Exchange): unknown {
  if (authProblem !== undefined && error instanceof Problem && nobodySignedIn.has(error.code)) {
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
