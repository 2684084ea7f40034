import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Problem, World } from "#kernel";
import { callerAddress } from "./address.ts";
import { BodyBudget } from "./body-budget.ts";
import { BodyPace, type PaceOptions } from "./body-pace.ts";
import { type BrokenRequest, refuseBroken, refuseRaw, refuseSlow } from "./broken-request.ts";
import { type Exchange, newExchange } from "../exchange.ts";
import type { RouteClass } from "../limits/route-class.ts";
import { hotLane } from "../hot/hot-lane.ts";
import { takeForwarded } from "./forwarded.ts";
import { requestOf } from "./node-request.ts";
import { admitted, type Pipeline } from "../pipeline.ts";
import type { Match } from "../upstreams/route-table.ts";
import { callerOf } from "../upstreams/serve-routed.ts";
import type { Upstreams } from "../upstreams/upstreams.ts";
import { refusalOf } from "./refusals.ts";
import { openTlsFront } from "./tls-front.ts";
import { routed, type RoutedCall } from "./routed-message.ts";
import { routedUpgrade, takesUpgrade } from "./routed-upgrade.ts";
import {
  bind,
  connections,
  portOf,
  type SharedSocket,
  shownHost,
  stopTaking,
  takeAlso,
} from "./take-connections.ts";
import { drain, writeAnswer } from "./write-answer.ts";

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
/** The whole request, body included; a body that comes too slowly is given up long before. */
const REQUEST_TIMEOUT_MS = 3_600_000;
/** Open connections; more are closed at once. Each costs some 10 KB. */
const CONNECTIONS_MAX = 10_000;
export interface ListenOptions {
  readonly shared?: SharedSocket | undefined;
  readonly patience?: Patience | undefined;
}

/** How long the server waits for slow callers, where not as long as it should. */
export interface Patience extends PaceOptions {
  readonly headersMs?: number;
  readonly checkEveryMs?: number;
  /** How often the files of the certificate are looked at. */
  readonly certificateLookMs?: number;
}

/** Opens the port, or takes connections from a shared socket. Problems: `gateway.port-taken`, `gateway.address-not-available`. */
export async function listenOn(
  world: World,
  pipeline: Pipeline,
  { shared, patience = {} }: ListenOptions = {},
): Promise<Listening> {
  const { host, port, trustedProxies, tls, forwardedHeader } = world.config;
  const server = httpServer(pipeline, patience);
  const state = { stopping: false };
  const addressOf = callerAddress(trustedProxies);
  const bodies = new BodyBudget();
  const pace = new BodyPace(patience);
  const serveAny = serving({ world, pipeline, addressOf, state, bodies, pace });
  const serve: typeof serveAny =
    forwardedHeader === "forwarded"
      ? (message, response) => {
          takeForwarded(message.headers);
          serveAny(message, response);
        }
      : serveAny;
  server.on("request", serve);
  // An `Expect` that nobody knows may be ignored; Node would answer 417 without a request id.
  server.on("checkExpectation", serve);
  followUpgrades(server, { world, pipeline, addressOf });
  const front =
    tls === null
      ? server
      : await openTlsFront(server, serve, {
          files: tls,
          log: world.log,
          lookEveryMs: patience.certificateLookMs,
        });
  front.maxConnections = CONNECTIONS_MAX;
  world.metrics.gauge("http_connections_open", "Open connections", [], (gauge) =>
    connections(front).then((count) => gauge.set(count)),
  );
  await bind(front, { host, port }, shared);
  const doors: (() => void)[] = [];
  const bound = portOf(front);
  return {
    port: bound,
    url: `${tls === null ? "http" : "https"}://${shownHost(host)}:${bound}`,
    takeAlso: async (another) => {
      const giveBack = await takeAlso(front, another);
      doors.push(giveBack);
      return giveBack;
    },
    standAside: () => {
      state.stopping = true;
    },
    close: (idleMs) => {
      state.stopping = true;
      doors.forEach((giveBack) => giveBack());
      pace.close();
      return stopTaking(front, idleMs);
    },
  };
}

/** A server of HTTP/1.1 that waits for nobody for ever. */
function httpServer(pipeline: Pipeline, patience: Patience): Server {
  const server = createServer({
    maxHeaderSize: HEADERS_MAX_BYTES,
    headersTimeout: patience.headersMs ?? HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: patience.checkEveryMs ?? 5_000,
    // Checked by us, so that the refusal looks like every other answer.
    requireHostHeader: false,
    noDelay: true,
    shouldUpgradeCallback: (message) =>
      pipeline.upstreams !== undefined && takesUpgrade(pipeline.upstreams, message),
  });
  // All of them are looked at, and too many are refused: Node would drop those above a number in silence.
  server.maxHeadersCount = 0;
  server.on("clientError", (error: BrokenRequest, socket) => refuseBroken(error, socket, pipeline));
  server.on("connect", (_message, socket) =>
    refuseRaw(socket, pipeline, { status: 405, code: "gateway.no-tunnels", target: "/" }),
  );
  return server;
}

interface Door {
  readonly pipeline: Pipeline;
  readonly addressOf: ReturnType<typeof callerAddress>;
  readonly state: { readonly stopping: boolean };
  readonly bodies: BodyBudget;
  readonly pace: BodyPace;
}

interface Call extends Door {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  /** An answer could not be written. */
  readonly failed: (response: ServerResponse, error: unknown) => void;
}

/** What becomes of each request: answered from memory at once, or in the ordinary way. */
function serving(
  door: Door & { readonly world: World },
): (message: IncomingMessage, response: ServerResponse) => void {
  const { world, pipeline, addressOf, state } = door;
  const failed = (response: ServerResponse, error: unknown): void => {
    world.log.error({ err: error }, "an answer could not be written");
    response.destroy();
  };
  const lane =
    pipeline.hot &&
    hotLane({
      ...pipeline.hot,
      metrics: world.metrics,
      pipeline,
      addressOf,
      onward: (call, exchange, refusing) => {
        serveCounted({ ...door, ...call, failed }, exchange, refusing).catch((error: unknown) =>
          failed(call.response, error),
        );
      },
    });
  return (message, response) => {
    const isRouted = pipeline.upstreams?.coversRecords === true;
    if (state.stopping || isRouted || lane?.(message, response) !== true) {
      const { bodies, pace } = door;
      const call = { pipeline, addressOf, state, bodies, pace, message, response, failed };
      serveOne(call)?.catch((error: unknown) => failed(response, error));
    }
  };
}

/** Nothing is promised where the whole answer is on its way. */
function serveOne(call: Call): Promise<unknown> | undefined {
  const { message, pipeline } = call;
  const { headers, method = "GET" } = message;
  const refusal = refusalOf(message);
  if (refusal === undefined && pipeline.upstreams !== undefined) {
    const found = pipeline.upstreams.find(method, message.url ?? "/", headers.host);
    if (found !== undefined) {
      return serveFound(pipeline.upstreams, found, call);
    }
  }
  return serveOwn(call, refusal);
}

/** Goes the way of the gateway file; where that leads to our own routes, they answer. */
function serveFound(
  upstreams: Upstreams,
  found: Match | Problem,
  call: Call,
): Promise<unknown> | undefined {
  const going = routed(upstreams, found, routedCall(call));
  if (going instanceof Promise) {
    return going.then((isServed) => (isServed ? undefined : serveOwn(call, undefined)));
  }
  return going ? undefined : serveOwn(call, undefined);
}

async function serveOwn(call: Call, refusal: Problem | undefined): Promise<void> {
  const { message, response, pipeline, state } = call;
  const { headers, method } = message;
  const exchange = begin(call);
  watchBody(call);
  const answer =
    refusal === undefined
      ? await admitted(pipeline, exchange, {
          authorization: headers.authorization ?? null,
          request: () => requestOf(message, exchange, call.bodies),
        })
      : await pipeline.refuse(refusal, exchange);
  const last = state.stopping || refusal !== undefined;
  writeAnswer(response, answer, { bare: method === "HEAD", last });
  if (!message.complete) {
    drain(message);
  }
}

function watchBody({ message, response, pace }: Call): void {
  const { headers } = message;
  const hasBody =
    headers["transfer-encoding"] !== undefined || headers["content-length"] !== undefined;
  if (hasBody && headers["content-length"] !== "0") {
    pace.watch(message, () => refuseSlow(response));
  }
}

/** Goes on with a request that the limits have counted and did not let in at once. */
async function serveCounted(
  call: Call,
  exchange: Exchange,
  refusing: Problem | Promise<Problem | undefined>,
): Promise<void> {
  const { message, response, pipeline, state } = call;
  countEnd(call, exchange);
  const refusal = await refusing;
  const answer = await (refusal === undefined
    ? pipeline.answer(requestOf(message, exchange, call.bodies), exchange)
    : pipeline.refuse(refusal, exchange));
  writeAnswer(response, answer, { bare: message.method === "HEAD", last: state.stopping });
}

/** Begins the exchange of a message, and sees to it that its end is counted. */
function begin(call: Call, routeClass?: RouteClass): Exchange {
  const { message, addressOf } = call;
  const { socket, headers, method = "GET", url = "/" } = message;
  const exchange = newExchange({
    method,
    target: url,
    requestId: single(headers["x-request-id"]),
    address: addressOf(socket.remoteAddress, single(headers["x-forwarded-for"])),
    routeClass,
    origin: headers.origin,
    traceparent: single(headers["traceparent"]) ?? undefined,
  });
  countEnd(call, exchange);
  return exchange;
}

function countEnd({ message, response, pipeline }: Call, exchange: Exchange): void {
  const { socket, headers } = message;
  const sentBefore = socket.bytesWritten;
  const readBefore = socket.bytesRead;
  response.once("close", () => {
    // That of HTTP/2 calls itself finished when its stream is gone.
    const whole = response.writableEnded && response.writableFinished;
    if (!whole) {
      exchange.abort.abort(new DOMException("the caller went away", "AbortError"));
    }
    pipeline.done(exchange, {
      // 499: nginx's number for a caller that did not wait.
      status: whole ? response.statusCode : 499,
      bytesIn: Number(headers["content-length"] ?? grown(socket.bytesRead, readBefore)),
      // On a connection of HTTP/2 many answers share the bytes that are written.
      bytesOut:
        message.httpVersionMajor === 2
          ? Number(response.getHeader("content-length") ?? 0)
          : grown(socket.bytesWritten, sentBefore),
    });
  });
}

/** By how much a count has grown; a socket that is gone has none. */
function grown(after: number | undefined, before: number | undefined): number {
  return Math.max(0, (after ?? 0) - (before ?? 0));
}

/** WebSockets to upstreams; they end with the server. */
function followUpgrades(
  server: Server,
  { world, pipeline, addressOf }: Pick<Call, "pipeline" | "addressOf"> & { readonly world: World },
): void {
  const { upstreams } = pipeline;
  if (upstreams === undefined) {
    return;
  }
  const addressFrom = ({ socket, headers }: IncomingMessage): string =>
    addressOf(socket.remoteAddress, single(headers["x-forwarded-for"]));
  server.on("upgrade", (message, socket, head) => {
    void routedUpgrade({ world, pipeline, upstreams, addressOf: addressFrom }, message, {
      socket,
      head,
    });
  });
}

function routedCall(call: Call): RoutedCall {
  const { message, response, pipeline, addressOf, state, failed } = call;
  const { socket, headers, method } = message;
  return {
    failed,
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
      writeAnswer(response, answer, { bare: method === "HEAD", last });
      if (!message.complete) {
        drain(message);
      }
    },
  };
}

function single(header: string | string[] | undefined): string | null {
  return typeof header === "string" ? header : null;
}
