import { gzip } from "node:zlib";
import { partsOf } from "#kernel";
import type { Exchange } from "../exchange.ts";

/** An answer that is ready to be written: all headers are known, the body is whole or a stream. */
export interface Answer {
  readonly status: number;
  /** Lower-case name, value; a name may repeat (`set-cookie`). */
  readonly headers: [string, string][];
  readonly body: string | Uint8Array | ReadableStream<Uint8Array> | null;
}

/** Bytes below which compressing costs more than it saves. */
const COMPRESS_MIN_BYTES = 1_024;
/**
 * zlib level. Measured on a page of 100 records (19 KB): 1 takes 143 µs and leaves 2,387 bytes, 6 takes 154 µs and leaves
 * 2,336; brotli (127 µs, 2,445 bytes at quality 1) gains nothing, so gzip, which every client takes, is the only one.
 */
const COMPRESS_LEVEL = 1;

/** Allowed methods and headers of browsers on other origins. Source: contract, transport; the last five are ours. */
export const corsHeaders: readonly [string, string][] = [
  ["access-control-allow-origin", "*"],
  ["access-control-allow-methods", "DELETE,GET,OPTIONS,PATCH,POST,PUT"],
  [
    "access-control-allow-headers",
    "authorization,content-length,content-type,user-agent,x-airtable-application-id,x-airtable-user-agent,x-api-version,x-requested-with,idempotency-key,if-match,if-none-match,x-basalt-limits,x-request-id",
  ],
];

const exposedHeaders = "x-request-id,x-basalt-txn,retry-after,idempotent-replayed,etag";

/**
 * Adds what every answer carries (request id, CORS under `/v0`, the headers that keep browsers strict) and takes short
 * bodies out of their streams.
 */
export async function answerOf(response: Response, exchange: Exchange): Promise<Answer> {
  const headers: [string, string][] = [
    ["x-request-id", exchange.requestId],
    ["x-content-type-options", "nosniff"],
  ];
  if (exchange.surface === "airtable") {
    headers.push(
      ["access-control-allow-origin", "*"],
      ["access-control-expose-headers", exposedHeaders],
    );
  }
  const parts = partsOf(response);
  if (parts !== undefined) {
    for (const name in parts.headers) {
      headers.push([name, parts.headers[name] ?? ""]);
    }
    return finished({ status: parts.status, headers, body: parts.text });
  }
  for (const header of response.headers) {
    headers.push(header);
  }
  const type = response.headers.get("content-type") ?? "";
  const body =
    response.body !== null && isText(type)
      ? new Uint8Array(await response.arrayBuffer())
      : response.body;
  return finished({ status: response.status, headers, body });
}

/** Compresses a whole body of text where the caller asked for it. */
export async function compressed(answer: Answer, acceptEncoding: string | null): Promise<Answer> {
  const { status, headers, body } = answer;
  if (body === null || body instanceof ReadableStream || body.length < COMPRESS_MIN_BYTES) {
    return answer;
  }
  if (
    headers.some(([name]) => name === "content-encoding") ||
    !isText(headerOf(headers, "content-type") ?? "")
  ) {
    return answer;
  }
  if (acceptEncoding === null || !acceptsGzip(acceptEncoding)) {
    return { status, headers: [...headers, ["vary", "accept-encoding"]], body };
  }
  const packed = await new Promise<Uint8Array>((resolve, reject) => {
    gzip(body, { level: COMPRESS_LEVEL }, (error, bytes) =>
      error === null ? resolve(bytes) : reject(error),
    );
  });
  return {
    status,
    headers: [...headers, ["content-encoding", "gzip"], ["vary", "accept-encoding"]],
    body: packed,
  };
}

/** Once more as a web-standard Response, for callers without a socket. */
export function responseOf({ status, headers, body }: Answer): Response {
  const isBare = status === 204 || status === 304 || status === 205;
  return new Response(
    isBare || body === null ? null : typeof body === "string" ? body : asBody(body),
    { status, headers },
  );
}

function asBody(
  body: Uint8Array | ReadableStream<Uint8Array>,
): Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> {
  return body instanceof ReadableStream ? body : new Uint8Array(body);
}

function finished(answer: Answer): Answer {
  const { headers } = answer;
  if (headerOf(headers, "content-type")?.startsWith("text/html") === true) {
    headers.push(["x-frame-options", "DENY"], ["referrer-policy", "no-referrer"]);
    if (headerOf(headers, "content-security-policy") === undefined) {
      headers.push([
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
      ]);
    }
  } else if (headerOf(headers, "cache-control") === undefined) {
    headers.push(["cache-control", "no-store"]);
  }
  return answer;
}

function headerOf(headers: readonly [string, string][], name: string): string | undefined {
  return headers.find(([each]) => each === name)?.[1];
}

/** JSON and text; not event streams, which must not wait for their end. */
function isText(type: string): boolean {
  return /^(?:application\/(?:[\w.+-]+\+)?json|application\/javascript|image\/svg|text\/(?!event-stream))/.test(
    type,
  );
}

function acceptsGzip(acceptEncoding: string): boolean {
  return /(?:^|[,\s])(?:gzip|x-gzip|\*)(?:\s*;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[\d.]+)?\s*(?:,|$)/.test(
    acceptEncoding,
  );
}
