import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { refusalOf } from "../http/refusals.ts";

/** What the lane needs of a request's headers, once they were found to be usual. */
export interface VettedHeaders {
  /** As they came: the next request of the connection most often sends the same. */
  readonly raw: readonly string[];
  readonly authorization: string;
  readonly acceptEncoding: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly requestId: string | undefined;
  readonly traceparent: string | undefined;
  /** Who called, by the connection and what proxies say. */
  readonly address: string;
  /** The larger limits were asked for. */
  readonly extended: boolean;
  /** The base must be at least so new; 0 where nothing was asked. */
  readonly minTxn: number;
}

/**
 * Reads the headers of requests, those of a connection that sends the same again only once. Undefined: something is not
 * usual, and the ordinary way has to look at it.
 */
export function headerVetting(
  addressOf: (remote: string | undefined, forwarded: string | null) => string,
): (message: IncomingMessage) => VettedHeaders | undefined {
  const lastOf = new WeakMap<Socket, VettedHeaders>();
  return (message) => {
    const { socket, rawHeaders } = message;
    const last = lastOf.get(socket);
    if (last !== undefined && isSame(last.raw, rawHeaders)) {
      return last;
    }
    const vetted = vet(message, addressOf);
    if (vetted !== undefined) {
      lastOf.set(socket, vetted);
    }
    return vetted;
  };
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  const { length } = one;
  if (other.length !== length) {
    return false;
  }
  for (let at = 0; at < length; at += 1) {
    if (one[at] !== other[at]) {
      return false;
    }
  }
  return true;
}

function vet(
  message: IncomingMessage,
  addressOf: (remote: string | undefined, forwarded: string | null) => string,
): VettedHeaders | undefined {
  const { headers, rawHeaders, socket } = message;
  const { authorization } = headers;
  const minTxn = minTxnOf(headers);
  // A refusal is about the headers here: a target that is refused is in no memory.
  if (
    authorization === undefined ||
    minTxn === undefined ||
    isUnusual(headers) ||
    refusalOf(message) !== undefined
  ) {
    return undefined;
  }
  return {
    raw: rawHeaders,
    authorization,
    acceptEncoding: single(headers["accept-encoding"]),
    ifNoneMatch: headers["if-none-match"],
    requestId: single(headers["x-request-id"]),
    traceparent: single(headers["traceparent"]),
    address: addressOf(socket.remoteAddress, single(headers["x-forwarded-for"]) ?? null),
    extended: headers["x-basalt-limits"] === "extended",
    minTxn,
  };
}

/** What the ordinary way reads besides, or answers differently. */
function isUnusual(headers: IncomingHttpHeaders): boolean {
  const length = headers["content-length"];
  return (
    (length !== undefined && length !== "0") ||
    headers["transfer-encoding"] !== undefined ||
    headers.host === undefined ||
    headers.origin !== undefined ||
    headers["prefer"] !== undefined ||
    headers.expect !== undefined ||
    headers.upgrade !== undefined
  );
}

/** Undefined for what is no number: the ordinary way refuses it. */
function minTxnOf(headers: IncomingHttpHeaders): number | undefined {
  const text = headers["x-basalt-min-txn"];
  if (text === undefined) {
    return 0;
  }
  return typeof text === "string" && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function single(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" ? header : undefined;
}
