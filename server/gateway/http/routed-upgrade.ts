import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { Problem, type World } from "#kernel";
import { newExchange } from "../exchange.ts";
import type { Pipeline } from "../pipeline.ts";
import { callerOf } from "../upstreams/serve-routed.ts";
import { tunnel } from "../upstreams/tunnel.ts";
import type { Upstreams } from "../upstreams/upstreams.ts";
import { refusalOf } from "./refusals.ts";

/** What the server lends to upgrades. */
export interface UpgradeOptions {
  readonly world: World;
  readonly pipeline: Pipeline;
  readonly upstreams: Upstreams;
  readonly addressOf: (message: IncomingMessage) => string;
}

/** True where a route of the gateway file takes WebSockets; elsewhere `Upgrade` is ignored and the request answered as ever. */
export function takesUpgrade(upstreams: Upstreams, message: IncomingMessage): boolean {
  const { method = "GET", url = "/", headers } = message;
  if (headers.upgrade?.toLowerCase() !== "websocket" || refusalOf(message) !== undefined) {
    return false;
  }
  const found = upstreams.find(method, url, headers.host);
  return found !== undefined && !(found instanceof Problem) && found.route.spec.webSocket;
}

/** Sends an upgrade on; what fails is answered on the socket, which then ends. Never rejects. */
export async function routedUpgrade(
  options: UpgradeOptions,
  message: IncomingMessage,
  { socket, head }: { readonly socket: Duplex; readonly head: Buffer },
): Promise<void> {
  const { pipeline, upstreams, addressOf, world } = options;
  const { method = "GET", url = "/", headers } = message;
  const address = addressOf(message);
  const requestId = headers["x-request-id"];
  const exchange = newExchange({
    method,
    target: url,
    requestId: typeof requestId === "string" ? requestId : null,
    address,
    routeClass: "upstream",
  });
  socket.on("error", () => undefined);
  try {
    const found = upstreams.find(method, url, headers.host);
    const caller = callerOf(message, { address, requestId: exchange.requestId });
    const way = found === undefined ? undefined : await upstreams.way(found, caller);
    if (way?.kind === "refused") {
      throw way.problem;
    }
    if (way?.kind !== "upstream") {
      throw new Problem("not-found", "gateway.no-such-route", {
        message: "There is nothing at this address.",
      });
    }
    const { live, match } = way.taken;
    exchange.endpoint = live.route.endpoint;
    const authorization = match.route.spec.auth === "none" ? null : caller.authorization;
    const refusal = await pipeline.admit(exchange, { authorization });
    if (refusal !== undefined) {
      throw refusal;
    }
    const status = await tunnel(upstreams, { message, socket, head, way, caller });
    pipeline.done(exchange, { status, bytesIn: 0, bytesOut: 0 });
  } catch (error) {
    const answer = await pipeline.refuse(error, exchange);
    const body = typeof answer.body === "string" ? answer.body : "";
    const lines = answer.headers.map(([name, value]) => `${name}: ${value}`);
    socket.end(
      `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ""}\r\n${lines.join("\r\n")}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
    pipeline.done(exchange, { status: answer.status, bytesIn: 0, bytesOut: body.length });
    world.log.debug({ err: error }, "an upgrade was refused");
  }
}
