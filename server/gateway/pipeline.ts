import type { IncomingHttpHeaders } from "node:http";
import { IdempotentReplay, Problem, renderProblem } from "#kernel";
import { openAccount } from "./account.ts";
import { applicationOf, noteEndpoint } from "./application.ts";
import { answerOf, type Answer, compressed, corsHeaders, responseOf } from "./answers/answer.ts";
import { callerGone, type Exchange, newExchange } from "./exchange.ts";
import type { GatewayOptions } from "./gateway.ts";
import type { HotSource } from "./hot/hot-lane.ts";
import { identifier } from "./identify.ts";
import { replayed } from "./keyed-calls.ts";
import { type Admission, openAdmission } from "./limits/admission.ts";
import { ownRoutes } from "./pages/own-routes.ts";
import { openRecorder } from "./recorder.ts";
import type { Upstreams } from "./upstreams/upstreams.ts";

/** The way of a request through the gateway, whatever it came in on. */
export interface Pipeline {
  /**
   * Finds out who asks and whether they may ask now; at once where it can. Comes before everything else. A failure that it answers
   * (or rejects with) is given to `refuse`.
   */
  admit(
    exchange: Exchange,
    headers: { readonly authorization: string | null },
  ): Problem | undefined | Promise<Problem | undefined>;
  /** The limits' part of `admit`, for a caller that is known: once for each request. */
  ask(exchange: Exchange): Problem | undefined | Promise<Problem | undefined>;
  /** Answers; never rejects. Whoever writes the answer calls `done` afterwards. */
  answer(request: Request, exchange: Exchange): Promise<Answer>;
  /** An answer as it is sent: with what every answer carries, compressed where the caller takes that. */
  dress(response: Response, exchange: Exchange, acceptEncoding: string | null): Promise<Answer>;
  /** A failure that was found before there was a Request to route. */
  refuse(problem: unknown, exchange: Exchange): Promise<Answer>;
  /** Counts and logs the exchange. */
  done(
    exchange: Exchange,
    outcome: { readonly status: number; readonly bytesIn: number; readonly bytesOut: number },
  ): void;
  fetch(request: Request, caller?: { readonly address?: string }): Promise<Response>;
  /** Runs what answers a message without a Request, in a span where spans are on; hands over the headers that carry the trace. */
  traced<T extends { readonly status: number }>(
    message: { readonly headers: IncomingHttpHeaders },
    exchange: Exchange,
    work: (trace: Readonly<Record<string, string>>) => Promise<T>,
  ): Promise<T>;
  readonly upstreams: Upstreams | undefined;
  /** Where reads that are in memory are answered from; absent where there is none, or each request gets a span. */
  readonly hot: HotSource | undefined;
  /** From now on `/ready` says 503. */
  stopping(): void;
  readonly admission: Admission;
  /** Requests that have not been answered yet. */
  readonly running: ReadonlySet<Exchange>;
}

/** Builds the routes of the gateway itself and of the modules into one application. */
export function openPipeline(options: GatewayOptions): Pipeline {
  const { world } = options;
  const running = new Set<Exchange>();
  const recorder = openRecorder(world, () => running.size);
  const identify = identifier(options);
  const admission = openAdmission(world);
  const account = openAccount(options);
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

  /** The answer as it is sent, with what every answer carries. */
  const finish = async (response: Response, exchange: Exchange): Promise<Answer> => {
    const answer = await answerOf(response, exchange);
    answer.headers.push(...admission.headersOf(exchange));
    return answer;
  };

  const dress: Pipeline["dress"] = async (response, exchange, acceptEncoding) =>
    compressed(await finish(response, exchange), acceptEncoding);

  const route = async (request: Request, exchange: Exchange): Promise<Answer> => {
    try {
      if (exchange.method === "OPTIONS" && exchange.surface === "airtable") {
        return await finish(preflight(), exchange);
      }
      const lease = admission.lease(exchange);
      exchange.lease = lease;
      const taking = lease.take();
      const refusal = taking instanceof Promise ? await taking : taking;
      if (refusal !== undefined) {
        throw refusal;
      }
      const answering = Promise.resolve(app.fetch(request, exchange));
      const response = await orDeadline(
        answering.finally(() => lease.release()),
        exchange,
        world.config.requestTimeoutMs,
      );
      return await dress(response, exchange, request.headers.get("accept-encoding"));
    } catch (error) {
      return finish(failed(error, exchange), exchange);
    }
  };

  const ask = (exchange: Exchange): Problem | undefined | Promise<Problem | undefined> =>
    account.after(admission.ask(exchange), exchange);

  const pipeline: Pipeline = {
    running,
    admission,
    admit: (exchange, { authorization }) => {
      const identifying = own.paths(exchange.path) ? undefined : identify(exchange, authorization);
      return identifying === undefined ? ask(exchange) : identifying.then(() => ask(exchange));
    },
    answer: async (request, exchange) => {
      running.add(exchange);
      return options.tracing === undefined
        ? route(request, exchange)
        : options.tracing.request(request, exchange, () => route(request, exchange));
    },
    ask,
    dress,
    hot: options.tracing === undefined ? options.hot : undefined,
    refuse: (problem, exchange) => {
      running.add(exchange);
      return finish(failed(problem, exchange), exchange);
    },
    done: (exchange, outcome) => {
      running.delete(exchange);
      admission.answered(exchange, outcome.status);
      account.count(exchange, outcome);
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
      const answer = await admitted(pipeline, exchange, {
        authorization: request.headers.get("authorization"),
        request: () => (isHead ? new Request(request, { method: "GET" }) : request),
      });
      pipeline.done(exchange, { status: answer.status, bytesIn: 0, bytesOut: 0 });
      return responseOf(isHead ? { ...answer, body: null } : answer);
    },
    traced: async ({ headers: { traceparent } }, exchange, work) => {
      running.add(exchange);
      const { tracing } = options;
      if (tracing === undefined) {
        return work({});
      }
      const asked = new Request("http://localhost/", {
        headers: typeof traceparent === "string" ? { traceparent } : {},
      });
      return tracing.request(asked, exchange, () => work(tracing.outgoing()));
    },
    upstreams: options.upstreams,
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

/** The whole way of a request that is no hot read. */
export async function admitted(
  pipeline: Pipeline,
  exchange: Exchange,
  call: { readonly authorization: string | null; readonly request: () => Request },
): Promise<Answer> {
  try {
    const admitting = pipeline.admit(exchange, call);
    const refusal = admitting instanceof Promise ? await admitting : admitting;
    return await (refusal === undefined
      ? pipeline.answer(call.request(), exchange)
      : pipeline.refuse(refusal, exchange));
  } catch (error) {
    return pipeline.refuse(error, exchange);
  }
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
