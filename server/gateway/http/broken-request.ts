import { STATUS_CODES, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { surfaceOf } from "#kernel";
import { newExchange } from "../exchange.ts";
import type { Pipeline } from "../pipeline.ts";

/** What the parser says; `rawPacket` is the last piece that it looked at, and how far it came in it. */
export interface BrokenRequest extends Error {
  readonly code?: string;
  readonly bytesParsed?: number;
  readonly rawPacket?: Buffer;
}

interface Refusal {
  readonly status: number;
  readonly code: string;
}

/** What was asked for, as far as it could be read. */
interface Asked {
  readonly target: string;
  /** The answer must have no body. */
  readonly isHead?: boolean;
}

/** How long a refused caller is listened to, so that it can read the answer before the connection is cut, milliseconds. */
const LINGER_MS = 1_000;

/** The caller hung up; the second is an end in the middle of a request. */
const goneCodes: ReadonlySet<string> = new Set(["ECONNRESET", "HPE_INVALID_EOF_STATE"]);

/** Connections that have been refused: what still comes in is thrown away by the parser that stopped. */
const refused = new WeakSet<Duplex>();

/**
 * Answers what the HTTP parser refused, once, and closes the connection; nothing that was sent after it is read. Where the head of the
 * request was good and its body is not, the answer takes the place of the route's.
 */
export function refuseBroken(error: BrokenRequest, socket: Duplex, pipeline: Pipeline): void {
  if (refused.has(socket)) {
    return;
  }
  if (goneCodes.has(error.code ?? "") || !socket.writable) {
    socket.destroy();
    return;
  }
  refused.add(socket);
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
  const refusal = refusalBy(error.code ?? "");
  const current = responseOn(socket);
  if (current === undefined) {
    refuseRaw(socket, pipeline, { ...refusal, ...askedIn(error) });
  } else if (current.req.complete) {
    // The answer to the request before is on its way: it goes out first.
    current.once("finish", () => refuseRaw(socket, pipeline, { ...refusal, ...askedIn(error) }));
  } else if (current.headersSent) {
    socket.destroy();
  } else {
    const { body, headers } = rendered(refusal, current.req.url ?? "/");
    current.writeHead(refusal.status, { ...headers, connection: "close" }).end(body);
  }
}

/** Gives up a request whose body comes too slowly. */
export function refuseSlow(response: ServerResponse): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { socket, req } = response;
  const { body, headers } = rendered(
    { status: 408, code: "gateway.request-too-slow" },
    req.url ?? "/",
  );
  const closing = req.httpVersionMajor === 1 ? { connection: "close" } : {};
  response.writeHead(408, { ...headers, ...closing }).end(body);
  setTimeout(() => socket?.destroy(), LINGER_MS).unref();
}

/** Answers on a connection on which there is no request of Node's, and closes it. */
export function refuseRaw(
  socket: Duplex,
  pipeline: Pipeline,
  { status, code, target, isHead = false }: Refusal & Asked,
): void {
  const { body, headers } = rendered({ status, code }, target);
  const lines = Object.entries({ ...headers, connection: "close" }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`, ...lines];
  const sent = isHead ? "" : body;
  socket.end(`${head.join("\r\n")}\r\n\r\n${sent}`);
  const exchange = newExchange({
    method: "",
    target: "/",
    requestId: headers["x-request-id"],
    address: "",
  });
  exchange.code = code;
  pipeline.done(exchange, { status, bytesIn: 0, bytesOut: sent.length });
}

function rendered({ status, code }: Refusal, target: string) {
  const { requestId } = newExchange({ method: "", target: "/", requestId: null, address: "" });
  const title = STATUS_CODES[status] ?? "";
  const isAirtable = surfaceOf(target) === "airtable";
  const body = JSON.stringify(
    isAirtable
      ? { error: { type: "INVALID_REQUEST_UNKNOWN", message: title } }
      : { type: `/docs/problems/${code}`, title, status, code, requestId },
  );
  const headers = {
    "content-type": `application/${isAirtable ? "json" : "problem+json"}; charset=utf-8`,
    "x-request-id": requestId,
    "content-length": String(Buffer.byteLength(body)),
  };
  return { body, headers };
}

function responseOn(socket: Duplex): ServerResponse | undefined {
  const message = "_httpMessage" in socket ? socket._httpMessage : null;
  return message === null || message === undefined ? undefined : (message as ServerResponse);
}

/** The last request line in what the parser had read when it stopped, as far as answers depend on it. */
function askedIn({ rawPacket, bytesParsed }: BrokenRequest): Asked {
  const read = rawPacket?.toString("latin1", 0, bytesParsed ?? rawPacket.length) ?? "";
  const line = [...read.matchAll(REQUEST_LINE)].at(-1);
  const [, method, target = "/"] = line ?? [];
  return { isHead: method === "HEAD", target };
}

/** At the beginning, or behind the end of what came before. */
const REQUEST_LINE = /(?:^|\n)([A-Z]+) (\/[^ ?\r\n]{0,64})/g;

function refusalBy(code: string): Refusal {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return { status: 431, code: "gateway.headers-too-large" };
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return { status: 413, code: "gateway.chunk-extensions-too-large" };
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return { status: 408, code: "gateway.request-too-slow" };
    default:
      return { status: 400, code: "gateway.not-http" };
  }
}
