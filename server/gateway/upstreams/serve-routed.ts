import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import { shadowOf } from "../shadow/shadow-message.ts";
import type { Caller } from "./caller.ts";
import { keptBytes, type RequestBody } from "./request-body.ts";
import { account, bodyFor, type Ends, sendOn } from "./send-on.ts";
import type { Reply, Writer } from "./try-once.ts";
import type { Taken, Upstreams, Way } from "./upstreams.ts";

/** The caller of a message. The id is that of the exchange, once there is one. */
export function callerOf(
  message: IncomingMessage,
  { address, requestId }: { readonly address: string; readonly requestId: string },
): Caller & { requestId: string } {
  const { socket, headers, rawHeaders } = message;
  const remote = socket.remoteAddress ?? "";
  // IPv4 over a socket that listens on both kinds.
  const peer = remote.startsWith("::ffff:") ? remote.slice(7) : remote;
  const isProxy = peer !== address;
  const ofConnection = (socket as Partial<TLSSocket>).encrypted === true ? "https" : "http";
  const said = isProxy ? headers["x-forwarded-proto"] : undefined;
  const host = isProxy ? headers["x-forwarded-host"] : undefined;
  return {
    rawHeaders,
    peer,
    address,
    proto: said === "https" || said === "http" ? said : ofConnection,
    forwardedHost: typeof host === "string" ? host : undefined,
    requestId,
    authorization: headers.authorization ?? null,
    cookie: headers.cookie ?? null,
  };
}

/** A message that goes to an upstream. */
export interface RoutedMessage {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly way: Way & { readonly kind: "upstream" };
  readonly caller: Caller;
  readonly trace: Readonly<Record<string, string>>;
  /** The connection is not used again. */
  readonly isLast: boolean;
}

/** Sends a message on and writes the answer. */
export function serveRouted(upstreams: Upstreams, routed: RoutedMessage, ends: Ends): void {
  const { message, way } = routed;
  const { method = "GET", headers } = message;
  const length = headers["content-length"];
  const body = bodyFor({ way, method }, message, {
    bytes: length === undefined ? undefined : Number(length),
    // HTTP/2 has frames where HTTP/1.1 has chunks, and no header for them.
    isChunked:
      headers["transfer-encoding"] !== undefined ||
      (message.httpVersionMajor > 1 && length === undefined && !/^(?:GET|HEAD)$/.test(method)),
  });
  if (body instanceof Promise) {
    body
      .then((whole) => serveWith(upstreams, { routed, body: whole }, ends))
      .catch((error: unknown) => ends.failed(error));
  } else {
    serveWith(upstreams, { routed, body }, ends);
  }
}

function serveWith(
  upstreams: Upstreams,
  { routed, body }: { readonly routed: RoutedMessage; readonly body: RequestBody },
  ends: Ends,
): void {
  const { message, response, way, caller, trace, isLast } = routed;
  const { method = "GET" } = message;
  if (way.taken.live.route.spec.shadow !== undefined) {
    shadowOf(upstreams, way.taken, { message, response, caller, body: keptBytes(body) });
  }
  const reply = new MessageReply(response, isLast && message.httpVersionMajor === 1);
  sendOn(upstreams, { way, caller, method, body, reply, trace }, ends);
}

/** Accounts for an answer of our own routes, once it has been written. */
export function accountOwn(
  upstreams: Upstreams,
  taken: Taken | undefined,
  response: ServerResponse,
): void {
  if (taken === undefined) {
    return;
  }
  const startedMs = performance.now();
  if (taken.setCookie !== undefined) {
    response.appendHeader("set-cookie", taken.setCookie);
  }
  response.once("close", () => {
    const isWhole = response.writableFinished;
    account(upstreams, taken, {
      status: isWhole ? response.statusCode : 499,
      isWhole,
      ms: performance.now() - startedMs,
    });
  });
}

/** Bodies up to this size come at once; the head of others is sent before them. */
const HEAD_WAITS_MAX_BYTES = 65_536;

/** Bodies up to this size are cheaper to copy than to write apart from their head. */
const ONE_WRITE_MAX_BYTES = 16_384;

class MessageReply implements Reply {
  private readonly response: ServerResponse;
  private readonly isLast: boolean;
  private writer: Writer | undefined = undefined;
  /** Bytes of the body that are still to come, where the head says how many. */
  private left = Number.NaN;
  /** The end of the body, kept for `end`: one write instead of two. */
  private last: Buffer | undefined = undefined;
  private isWaiting = false;

  constructor(response: ServerResponse, isLast: boolean) {
    this.response = response;
    this.isLast = isLast;
    response.on("close", () => {
      if (!response.writableFinished) {
        this.writer?.gone();
      }
    });
  }

  follow(writer: Writer | undefined): void {
    this.writer = writer;
  }

  get isGone(): boolean {
    return this.response.destroyed;
  }

  head(status: number, headers: string[]): void {
    if (this.isLast) {
      headers.push("connection", "close");
    }
    const lengthAt = headers.indexOf("content-length");
    if (lengthAt % 2 === 0) {
      this.left = Number(headers[lengthAt + 1]);
    }
    this.response.writeHead(status, headers);
    if (!(this.left <= HEAD_WAITS_MAX_BYTES)) {
      // Not at once: the first part of the body mostly comes with the head, and goes out with it.
      setImmediate(() => {
        if (!this.response.writableEnded && !this.response.destroyed) {
          this.response.flushHeaders();
        }
      });
    }
  }

  write(chunk: Buffer): boolean {
    this.left -= chunk.length;
    if (this.left === 0) {
      this.last = chunk;
      return true;
    }
    const mayGoOn = this.response.write(chunk);
    if (!mayGoOn && !this.isWaiting) {
      this.isWaiting = true;
      this.response.once("drain", () => {
        this.isWaiting = false;
        this.writer?.ready();
      });
    }
    return mayGoOn;
  }

  end(): void {
    const { last, response } = this;
    if (last === undefined) {
      response.end();
    } else if (last.length <= ONE_WRITE_MAX_BYTES) {
      // As text of one byte a character it goes out with the head in one write; as bytes it would take a gathered one.
      response.end(last.toString("latin1"), "latin1");
    } else {
      response.end(last);
    }
  }

  cut(): void {
    this.response.destroy();
  }
}
