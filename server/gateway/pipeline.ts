import type { IncomingHttpHeaders } from "node:http";
import type { Problem } from "#kernel";
import { openAccount } from "./account.ts";
import { type Answer, responseOf } from "./answers/answer.ts";
import { openDresser } from "./answers/dress.ts";
import { Cors } from "./cors/cors.ts";
import { type CorsRule, corsOfSettings } from "./cors/cors-rules.ts";
import { type Exchange, newExchange } from "./exchange.ts";
import type { GatewayOptions } from "./gateway.ts";
import type { HotSource } from "./hot/hot-lane.ts";
import { identifier } from "./identify.ts";
import { type Admission, openAdmission } from "./limits/admission.ts";
import { ownRoutes } from "./pages/own-routes.ts";
import { openRecorder } from "./recorder.ts";
import { openRouting } from "./route-request.ts";
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
  /** Grows when the rules change by which `dress` makes answers. */
  dressVersion(): number;
  /** A failure that was found before there was a Request to route. */
  refuse(problem: unknown, exchange: Exchange): Promise<Answer>;
  /** Counts and logs the exchange. */
  done(
    exchange: Exchange,
    outcome: { readonly status: number; readonly bytesIn: number; readonly bytesOut: number },
  ): void;
  fetch(request: Request, caller?: { readonly address?: string }): Promise<Response>;
  /** Each request gets a span. */
  readonly isTraced: boolean;
  /** Counts an exchange as one that is being answered, until it is `done`. */
  begun(exchange: Exchange): void;
  /** Runs what answers a message without a Request, in a span where spans are on; hands over the headers that carry the trace. */
  traced<T extends { readonly status: number }>(
    message: { readonly headers: IncomingHttpHeaders },
    exchange: Exchange,
    work: (trace: Readonly<Record<string, string>>) => Promise<T>,
  ): Promise<T>;
  readonly upstreams: Upstreams | undefined;
  /** Where reads that are in memory are answered from; absent where there is none, or each request gets a span. */
  readonly hot: HotSource | undefined;
  /** From now on these rules of the gateway file count, before what the settings say. */
  applyCors(rules: readonly CorsRule[]): void;
  /** From now on `/ready` says 503. */
  stopping(): void;
  readonly admission: Admission;
}

/** Opens the way: limits, our own routes, what every answer carries, and the record of it. */
export function openPipeline(options: GatewayOptions): Pipeline {
  const { world } = options;
  // A number and a mark, no set of exchanges: the tables that a set outgrows keep what was in them alive for long.
  let running = 0;
  const begun = (exchange: Exchange): void => {
    running += exchange.isRunning === true ? 0 : 1;
    exchange.isRunning = true;
  };
  const recorder = openRecorder(world, () => running);
  const identify = identifier(options);
  const admission = openAdmission(world);
  const account = openAccount(options);
  const own = ownRoutes(options);
  const cors = new Cors();
  cors.apply([corsOfSettings(world.config)]);
  const dresser = openDresser(world.config, { cors, admission });
  const routing = openRouting(options, { own, recorder, dresser, cors, admission });

  const ask = (exchange: Exchange): Problem | undefined | Promise<Problem | undefined> =>
    account.after(cors.refusalOf(exchange) ?? admission.ask(exchange), exchange);

  const pipeline: Pipeline = {
    admission,
    admit: (exchange, { authorization }) => {
      const identifying = own.paths(exchange.path) ? undefined : identify(exchange, authorization);
      return identifying === undefined ? ask(exchange) : identifying.then(() => ask(exchange));
    },
    answer: async (request, exchange) => {
      begun(exchange);
      return options.tracing === undefined
        ? routing.route(request, exchange)
        : options.tracing.request(request, exchange, () => routing.route(request, exchange));
    },
    ask,
    dress: dresser.dress,
    dressVersion: () => cors.version,
    applyCors: (rules) => cors.apply([...rules, corsOfSettings(world.config)]),
    hot: options.tracing === undefined ? options.hot : undefined,
    refuse: (problem, exchange) => {
      begun(exchange);
      return routing.refuse(problem, exchange);
    },
    done: (exchange, outcome) => {
      running -= exchange.isRunning === true ? 1 : 0;
      exchange.isRunning = false;
      admission.answered(exchange, outcome.status);
      account.count(exchange, outcome);
      recorder.done(exchange, outcome);
    },
    fetch: (request, caller = {}) => fetchThrough(pipeline, request, caller.address ?? ""),
    isTraced: options.tracing !== undefined,
    begun,
    traced: (message, exchange, work) => {
      begun(exchange);
      const { tracing } = options;
      if (tracing === undefined) {
        return work({});
      }
      const { traceparent } = message.headers;
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

/** The whole way of a request that is no hot read. */
export async function admitted(
  pipeline: Pipeline,
  exchange: Exchange,
  call: { readonly authorization: string | null; readonly request: () => Request },
): Promise<Answer> {
  try {
    const admitting = pipeline.admit(exchange, call);
    const asked = admitting instanceof Promise ? await admitting : admitting;
    // What finds no slot is refused before a Request is made for it; preflights need none.
    const refusal =
      asked ?? (exchange.method === "OPTIONS" ? undefined : pipeline.admission.full(exchange));
    return await (refusal === undefined
      ? pipeline.answer(call.request(), exchange)
      : pipeline.refuse(refusal, exchange));
  } catch (error) {
    return pipeline.refuse(error, exchange);
  }
}

/** A request without a socket. */
async function fetchThrough(
  pipeline: Pipeline,
  request: Request,
  address: string,
): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const exchange = newExchange({
    method: request.method,
    target: pathname + search,
    requestId: request.headers.get("x-request-id"),
    address,
    origin: request.headers.get("origin") ?? undefined,
    traceparent: request.headers.get("traceparent") ?? undefined,
  });
  const isHead = request.method === "HEAD";
  const answer = await admitted(pipeline, exchange, {
    authorization: request.headers.get("authorization"),
    request: () => (isHead ? new Request(request, { method: "GET" }) : request),
  });
  pipeline.done(exchange, { status: answer.status, bytesIn: 0, bytesOut: 0 });
  return responseOf(isHead ? { ...answer, body: null } : answer);
}
