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
  readonly caller: Caller;
  /** The connection is not used again. */
  readonly isLast: boolean;
  /** Begins the exchange, once it is clear under which target. */
  readonly begin: (routeClass: "upstream") => Exchange;
  readonly write: (answer: Answer, isLast: boolean) => void;
}

/**
 * Goes the way that the gateway file says. False: it leads to our own routes, and the message's target has been rewritten to
 * theirs; go on as ever.
 */
export async function routed(
  upstreams: Upstreams,
  found: Match | Problem,
  call: RoutedCall,
): Promise<boolean> {
  const { message, response, caller } = call;
  const going = upstreams.way(found, caller);
  const way = going instanceof Promise ? await going : going;
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
  await answerRouted(upstreams, way, { ...call, exchange });
  return true;
}

async function answerRouted(
  upstreams: Upstreams,
  way: Exclude<Way, { readonly kind: "own" }>,
  call: RoutedCall & { readonly exchange: Exchange },
): Promise<void> {
  const { message, response, pipeline, exchange, isLast, write } = call;
  exchange.endpoint =
    (way.kind === "refused" ? way.endpoint : way.taken.live.route.endpoint) ?? exchange.endpoint;
  try {
    if (way.kind === "refused") {
      throw way.problem;
    }
    const caller = { ...call.caller, requestId: exchange.requestId };
    const isAsked = way.taken.match.route.spec.auth !== "none";
    const admitting = pipeline.admit(exchange, {
      authorization: isAsked ? caller.authorization : null,
    });
    const refusal = admitting instanceof Promise ? await admitting : admitting;
    if (refusal !== undefined) {
      throw refusal;
    }
    await pipeline.traced(message, exchange, async (trace) =>
      serveRouted(upstreams, { message, response, way, caller, trace, isLast }),
    );
  } catch (error) {
    const answer = await pipeline.refuse(error, exchange);
    // Part of a body that was not sent on may still come: the connection ends with the answer.
    write(answer, isLast || !message.complete);
  }
}
