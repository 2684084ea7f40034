import { IdempotentReplay, Problem, renderProblem } from "#kernel";
import type { Answer } from "./answers/answer.ts";
import type { Dresser } from "./answers/dress.ts";
import { applicationOf, noteEndpoint } from "./application.ts";
import type { Cors } from "./cors/cors.ts";
import { orDeadline } from "./deadline.ts";
import { callerGone, type Exchange } from "./exchange.ts";
import type { GatewayOptions } from "./gateway.ts";
import { replayed } from "./keyed-calls.ts";
import type { Admission } from "./limits/admission.ts";
import type { OwnRoutes } from "./pages/own-routes.ts";
import type { Recorder } from "./recorder.ts";

/** The ways in which a request of our own routes ends. */
export interface Routing {
  /** Answers; never rejects. */
  route(request: Request, exchange: Exchange): Promise<Answer>;
  /** A failure as an answer. */
  refuse(error: unknown, exchange: Exchange): Promise<Answer>;
}

export interface RoutingParts {
  readonly own: OwnRoutes;
  readonly recorder: Recorder;
  readonly dresser: Dresser;
  readonly cors: Cors;
  readonly admission: Pick<Admission, "lease">;
}

/** Builds the routes of the gateway itself and of the modules into one application. */
export function openRouting(options: GatewayOptions, parts: RoutingParts): Routing {
  const { requestTimeoutMs } = options.world.config;
  const { own, recorder, dresser, cors, admission } = parts;
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

  const answer = async (request: Request, exchange: Exchange): Promise<Response> => {
    const lease = admission.lease(exchange);
    exchange.lease = lease;
    const taking = lease.take();
    const refusal = taking instanceof Promise ? await taking : taking;
    if (refusal !== undefined) {
      throw refusal;
    }
    const answering = Promise.try(() => app.fetch(request, exchange));
    return orDeadline(
      answering.finally(() => lease.release()),
      exchange,
      requestTimeoutMs,
    );
  };

  return {
    refuse: (error, exchange) => dresser.finish(failed(error, exchange), exchange),
    route: async (request, exchange) => {
      try {
        if (exchange.method === "OPTIONS") {
          const isAsked = request.headers.has("access-control-request-method");
          const preflight = cors.preflight(exchange, isAsked);
          if (preflight !== undefined) {
            return await dresser.finish(preflight, exchange);
          }
        }
        const response = await answer(request, exchange);
        return await dresser.dress(response, exchange, request.headers.get("accept-encoding"));
      } catch (error) {
        return dresser.finish(failed(error, exchange), exchange);
      }
    },
  };
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
