import type { IncomingMessage, ServerResponse } from "node:http";
import type { Problem } from "#kernel";
import type { Answer } from "../answers/answer.ts";
import type { Exchange } from "../exchange.ts";
import type { Pipeline } from "../pipeline.ts";
import type { Caller } from "../upstreams/caller.ts";
import type { Match } from "../upstreams/route-table.ts";
import type { Forwarding } from "../upstreams/forward.ts";
import { type Ends, noTrace } from "../upstreams/send-on.ts";
import { accountOwn, serveRouted } from "../upstreams/serve-routed.ts";
import { shadowOf } from "../shadow/shadow-message.ts";
import type { Upstreams, Way } from "../upstreams/upstreams.ts";

/** A message that the gateway file names a route for, and what the server lends for it. */
export interface RoutedCall {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly pipeline: Pipeline;
  readonly caller: Caller & { requestId: string };
  /** The connection is not used again. */
  readonly isLast: boolean;
  /** Begins the exchange, once it is clear under which target. */
  readonly begin: (routeClass: "upstream") => Exchange;
  readonly write: (answer: Answer, isLast: boolean) => void;
  /** An answer could not be written. */
  readonly failed: (response: ServerResponse, error: unknown) => void;
}

/**
 * Goes the way that the gateway file says, at once where nobody has to be looked up. False: it leads to our own routes, and the
 * message's target has been rewritten to theirs; go on as ever. Rejects only where an answer could not be written.
 */
export function routed(
  upstreams: Upstreams,
  found: Match | Problem,
  call: RoutedCall,
): boolean | Promise<boolean> {
  const going = upstreams.way(found, call.caller);
  return going instanceof Promise
    ? going.then((way) => follow(upstreams, way, call))
    : follow(upstreams, going, call);
}

function follow(upstreams: Upstreams, way: Way, call: RoutedCall): boolean | Promise<boolean> {
  const { message, response, caller } = call;
  if (response.destroyed) {
    return true;
  }
  if (way.kind === "own") {
    message.url = way.target;
    accountOwn(upstreams, way.taken, response);
    shadowOf(upstreams, way.taken, { message, response, caller, body: null });
    return false;
  }
  const exchange = call.begin("upstream");
  caller.requestId = exchange.requestId;
  exchange.endpoint =
    (way.kind === "refused" ? way.endpoint : way.taken.live.route.endpoint) ?? exchange.endpoint;
  return way.kind === "refused"
    ? refuse(call, exchange, way.problem)
    : sendAdmitted(upstreams, way, { call, exchange });
}

/** Sends it on, once the limits have let it in; true at once where they do so at once. */
function sendAdmitted(
  upstreams: Upstreams,
  way: UpstreamWay,
  { call, exchange }: { readonly call: RoutedCall; readonly exchange: Exchange },
): true | Promise<true> {
  const passage = new Passage(upstreams, way, { call, exchange });
  const isAsked = way.taken.match.route.spec.auth !== "none";
  try {
    const admitting = call.pipeline.admit(exchange, {
      authorization: isAsked ? call.caller.authorization : null,
    });
    return admitting instanceof Promise
      ? admitting.then(
          (refusal) => passage.go(refusal),
          (error: unknown) => refuse(call, exchange, error),
        )
      : passage.go(admitting);
  } catch (error) {
    return refuse(call, exchange, error);
  }
}

type UpstreamWay = Way & { readonly kind: "upstream" };

/** A message on its way to an upstream. One object with callbacks and no promise, where no span runs: this is for every request. */
class Passage implements Ends {
  private readonly upstreams: Upstreams;
  private readonly way: UpstreamWay;
  private readonly call: RoutedCall;
  private readonly exchange: Exchange;

  constructor(
    upstreams: Upstreams,
    way: UpstreamWay,
    { call, exchange }: { readonly call: RoutedCall; readonly exchange: Exchange },
  ) {
    this.upstreams = upstreams;
    this.way = way;
    this.call = call;
    this.exchange = exchange;
  }

  go(refusal: Problem | undefined): true | Promise<true> {
    const { call, exchange } = this;
    if (refusal !== undefined) {
      return refuse(call, exchange, refusal);
    }
    const { pipeline, message } = call;
    if (!pipeline.isTraced) {
      pipeline.begun(exchange);
      this.send(noTrace, this);
      return true;
    }
    return pipeline
      .traced(
        message,
        exchange,
        (trace) =>
          new Promise<Forwarding>((resolve, reject) => {
            this.send(trace, { ended: resolve, failed: reject });
          }),
      )
      .then(
        () => true,
        (error: unknown) => refuse(call, exchange, error),
      );
  }

  ended(): void {}

  failed(problem: unknown): void {
    const { call, exchange } = this;
    refuse(call, exchange, problem).catch((error: unknown) => call.failed(call.response, error));
  }

  private send(trace: Readonly<Record<string, string>>, ends: Ends): void {
    const { message, response, caller, isLast } = this.call;
    serveRouted(this.upstreams, { message, response, way: this.way, caller, trace, isLast }, ends);
  }
}

async function refuse(call: RoutedCall, exchange: Exchange, problem: unknown): Promise<true> {
  const { message, pipeline, isLast, write } = call;
  const answer = await pipeline.refuse(problem, exchange);
  // Part of a body that was not sent on may still come: the connection ends with the answer.
  write(answer, isLast || !message.complete);
  return true;
}
