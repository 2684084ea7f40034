import type { IncomingMessage, ServerResponse } from "node:http";
import type { Problem } from "#kernel";
import type { Answer } from "../answers/answer.ts";
import type { Exchange } from "../exchange.ts";
import type { Pipeline } from "../pipeline.ts";
import type { Caller } from "../upstreams/caller.ts";
import type { Match } from "../upstreams/route-table.ts";
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

/** Sends it on, once the limits have let it in. */
function sendAdmitted(
  upstreams: Upstreams,
  way: Way & { readonly kind: "upstream" },
  { call, exchange }: { readonly call: RoutedCall; readonly exchange: Exchange },
): Promise<boolean> {
  const { message, response, pipeline, caller, isLast } = call;
  const isAsked = way.taken.match.route.spec.auth !== "none";
  const send = (refusal: Problem | undefined): Promise<boolean> =>
    refusal === undefined
      ? pipeline
          .traced(message, exchange, (trace) =>
            serveRouted(upstreams, { message, response, way, caller, trace, isLast }),
          )
          .then(isDone, (error: unknown) => refuse(call, exchange, error))
      : refuse(call, exchange, refusal);
  try {
    const admitting = pipeline.admit(exchange, {
      authorization: isAsked ? caller.authorization : null,
    });
    return admitting instanceof Promise
      ? admitting.then(send, (error: unknown) => refuse(call, exchange, error))
      : send(admitting);
  } catch (error) {
    return refuse(call, exchange, error);
  }
}

function isDone(): boolean {
  return true;
}

async function refuse(call: RoutedCall, exchange: Exchange, problem: unknown): Promise<boolean> {
  const { message, pipeline, isLast, write } = call;
  const answer = await pipeline.refuse(problem, exchange);
  // Part of a body that was not sent on may still come: the connection ends with the answer.
  write(answer, isLast || !message.complete);
  return true;
}
