import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type Duplex, Readable } from "node:stream";
import { pipeline as pipe } from "node:stream/promises";
import type { World } from "#kernel";
import { callerAddress } from "./address.ts";
import type { Answer } from "../answers/answer.ts";
import { type Exchange, newExchange } from "../exchange.ts";
import type { RouteClass } from "../limits/route-class.ts";
import { requestOf } from "./node-request.ts";
import { admitted, type Pipeline } from "../pipeline.ts";
import { callerOf } from "../upstreams/serve-routed.ts";
import { refusalOf } from "./refusals.ts";
import { routed, type RoutedCall } from "./routed-message.ts";
import {
  bind,
  connections,
  portOf,
  type SharedSocket,
  shownHost,
  stopTaking,
  takeAlso,
} from "./take-connections.ts";

export interface Listening {
  readonly url: string;
  readonly port: number;
  /** Takes connections from one more socket; answers the way to stop taking. */
  takeAlso(shared: SharedSocket): Promise<() => void>;
  /** From now on each answer is the last on its connection. */
  standAside(): void;
  /** See `stopTaking`. */
  close(idleMs: number): Promise<void>;
}

/** Bytes of all headers of a request together, the request line included. */
export const HEADERS_MAX_BYTES = 32 * 1_024;
/** Longer than the 60 s after which load balancers drop idle connections, so that they, not we, close first. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
const HEADERS_TIMEOUT_MS = 20_000;
/** The whole request, body included. */
const REQUEST_TIMEOUT_MS = 120_000;
/** Open connections; more are closed at once. Each costs some 10 KB. */
const CONNECTIONS_MAX = 10_000;
/** How much of a body that was refused is read and thrown away, so that the caller can read the answer. */
const DRAIN_MAX_BYTES = 32 * 1_024 * 1_024;

/** Opens the port, or takes connections from a shared socket. Problems: `gateway.port-taken`, `gateway.address-not-available`. */
export async function listenOn(
  world: World,
  pipeline: Pipeline,
  shared?: SharedSocket,
): Promise<Listening> {
  const { host, port, trustedProxies } = world.config;
  const server = createServer({
    maxHeaderSize: HEADERS_MAX_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: 5_000,
    // Checked by us, so that the refusal looks like every other answer.
    requireHostHeader: false,
    noDelay: true,
  });
  server.maxConnections = CONNECTIONS_MAX;
  const state = { stopping: false };
  const addressOf = callerAddress(trustedProxies);
  const serve = (message: IncomingMessage, response: ServerResponse): void => {
    serveOne({ message, response, pipeline, addressOf, state }).catch((error: unknown) => {
      world.log.error({ err: error }, "an answer could not be written");
      response.destroy();
    });
  };
  server.on("request", serve);
  // An `Expect` that nobody knows may be ignored; Node would answer 417 without a request id.
  server.on("checkExpectation", serve);
  server.on("clientError", (error: BrokenRequest, socket) => refuseBroken(error, socket, pipeline));
  world.metrics.gauge("http_connections_open", "Open connections", [], (gauge) =>
    connections(server).then((count) => gauge.set(count)),
  );
  await bind(server, { host, port }, shared);
  const doors: (() => void)[] = [];
  const bound = portOf(server);
  return {
    port: bound,
    url: `http://${shownHost(host)}:${bound}`,
    takeAlso: async (another) => {
      const giveBack = await takeAlso(server, another);
      doors.push(giveBack);
      return giveBack;
    },
    standAside: () => {
      state.stopping = true;
    },
    close: (idleMs) => {
      state.stopping = true;
      doors.forEach((giveBack) => giveBack());
      return stopTaking(server, idleMs);
    },
  };
}

interface Call {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly pipeline: Pipeline;
  readonly addressOf: ReturnType<typeof callerAddress>;
  readonly state: { readonly stopping: boolean };
}

async function serveOne(call: Call): Promise<void> {
  const { message, response, pipeline, state } = call;
  const { headers, method = "GET" } = message;
  const refusal = refusalOf(message);
  if (refusal === undefined && pipeline.upstreams !== undefined) {
    const found = pipeline.upstreams.find(method, message.url ?? "/", headers.host);
    if (found !== undefined && (await routed(pipeline.upstreams, found, routedCall(call)))) {
      return;
    }
  }
  const exchange = begin(call);
  const answer =
    refusal === undefined
      ? await admitted(pipeline, exchange, {
          authorization: headers.authorization ?? null,
          request: () => requestOf(message, exchange.abort.signal),
        })
      : await pipeline.refuse(refusal, exchange);
  const last = state.stopping || refusal !== undefined;
  write(response, answer, { bare: method === "HEAD", last });
  if (!message.complete) {
    drain(message);
  }
}

/** Begins the exchange of a message, and sees to it that its end is counted. */
function begin(
  { message, response, pipeline, addressOf }: Call,
  routeClass?: RouteClass,
): Exchange {
  const { socket, headers, method = "GET", url = "/" } = message;
  const exchange = newExchange({
    method,
    target: url,
    requestId: single(headers["x-request-id"]),
    address: addressOf(socket.remoteAddress, single(headers["x-forwarded-for"])),
    routeClass,
  });
  const sentBefore = socket.bytesWritten;
  const readBefore = socket.bytesRead;
  response.once("close", () => {
    const whole = response.writableFinished;
    if (!whole) {
      exchange.abort.abort(new DOMException("the caller went away", "AbortError"));
    }
    pipeline.done(exchange, {
      // 499: nginx's number for a caller that did not wait.
      status: whole ? response.statusCode : 499,
      bytesIn: Number(headers["content-length"] ?? Math.max(0, socket.bytesRead - readBefore)),
      bytesOut: Math.max(0, socket.bytesWritten - sentBefore),
    });
  });
  return exchange;
}

function routedCall(call: Call): RoutedCall {
  const { message, response, pipeline, addressOf, state } = call;
  const { socket, headers, method } = message;
  return {
    message,
    response,
    pipeline,
    caller: callerOf(message, {
      address: addressOf(socket.remoteAddress, single(headers["x-forwarded-for"])),
      requestId: "",
    }),
    isLast: state.stopping,
    begin: (routeClass) => begin(call, routeClass),
    write: (answer, last) => {
      write(response, answer, { bare: method === "HEAD", last });
      if (!message.complete) {
        drain(message);
      }
    },
  };
}

function single(header: string | string[] | undefined): string | null {
  return typeof header === "string" ? header : null;
}

function write(
  response: ServerResponse,
  answer: Answer,
  how: { readonly bare: boolean; readonly last: boolean },
): void {
  if (response.destroyed) {
    return;
  }
  const { status, body } = answer;
  const isBare = how.bare || status === 204 || status === 304;
  const headers: string[] = [];
  for (const [name, value] of answer.headers) {
    headers.push(name, value);
  }
  if (how.last) {
    headers.push("connection", "close");
  }
  if (body instanceof ReadableStream) {
    response.writeHead(status, headers);
    if (isBare) {
      body.cancel().catch(() => undefined);
      response.end();
      return;
    }
    // A stream that breaks cuts the connection, so that the caller sees that the answer is not whole.
    pipe(Readable.from(body), response).catch(() => undefined);
    return;
  }
  if (status !== 204 && status !== 304 && !headers.includes("content-length")) {
    headers.push("content-length", String(body === null ? 0 : Buffer.byteLength(body)));
  }
  response.writeHead(status, headers);
  if (isBare || body === null) {
    response.end();
  } else {
    response.end(body);
  }
}

/** Throws away the rest of a body that nobody reads, up to a limit. */
function drain(message: IncomingMessage): void {
  let left = DRAIN_MAX_BYTES;
  message.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) {
      message.socket.destroy();
    }
  });
  message.on("error", () => undefined);
  message.resume();
}

/** What the parser says; `rawPacket` is the last piece that it looked at. */
interface BrokenRequest extends Error {
  readonly code?: string;
  readonly rawPacket?: Buffer;
}

/** What the HTTP parser refused: it never became a request, so the answer is written to the socket. */
function refuseBroken(error: BrokenRequest, socket: Duplex, pipeline: Pipeline): void {
  // In the middle of another answer on this connection nothing can be added.
  const isAnswering = "_httpMessage" in socket && socket._httpMessage !== null;
  if (error.code === "ECONNRESET" || !socket.writable || isAnswering) {
    socket.destroy();
    return;
  }
  const { status, reason, problem } = brokenBy(error.code ?? "");
  const exchange = newExchange({ method: "", target: "/", requestId: null, address: "" });
  const { requestId } = exchange;
  const isAirtable = /^[A-Z]+ \/v0[/?]/.test(error.rawPacket?.toString("latin1", 0, 16) ?? "");
  const body = JSON.stringify(
    isAirtable
      ? { error: { type: "INVALID_REQUEST_UNKNOWN", message: reason } }
      : { type: `/docs/problems/${problem}`, title: reason, status, code: problem, requestId },
  );
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    `content-type: application/${isAirtable ? "json" : "problem+json"}; charset=utf-8`,
    `x-request-id: ${requestId}`,
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
  exchange.code = problem;
  pipeline.done(exchange, { status, bytesIn: 0, bytesOut: body.length });
}

function brokenBy(code: string): {
  readonly status: number;
  readonly reason: string;
  readonly problem: string;
} {
  if (code === "HPE_HEADER_OVERFLOW") {
    return {
      status: 431,
      reason: "Request Header Fields Too Large",
      problem: "gateway.headers-too-large",
    };
  }
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return { status: 408, reason: "Request Timeout", problem: "gateway.request-too-slow" };
  }
  return { status: 400, reason: "Bad Request", problem: "gateway.not-http" };
}
