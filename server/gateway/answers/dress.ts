import { type Config, partsOf } from "#kernel";
import type { Cors } from "../cors/cors.ts";
import type { Exchange } from "../exchange.ts";
import type { Admission } from "../limits/admission.ts";
import { type Answer, headerOf } from "./answer.ts";
import { COMPRESS_MIN_BYTES, compressStream, packed } from "./compress.ts";
import { encodingFor } from "./encoding.ts";
import { shortBody } from "./short-body.ts";

/** Makes answers of routes into answers that are sent. */
export interface Dresser {
  /** With what every answer carries: request id, limits, what other origins may see, what keeps browsers strict. */
  finish(response: Response, exchange: Exchange): Promise<Answer>;
  /** The same, compressed where the caller takes that and it is worth it. */
  dress(response: Response, exchange: Exchange, acceptEncoding: string | null): Promise<Answer>;
}

/** How long browsers shall come by TLS only, seconds: a year. */
const TLS_ONLY_S = 31_536_000;

/** Opens the making of answers for a configuration. */
export function openDresser(
  config: Pick<Config, "tls" | "publicUrl">,
  { cors, admission }: { readonly cors: Cors; readonly admission: Pick<Admission, "headersOf"> },
): Dresser {
  const isTls = config.tls !== null || config.publicUrl.startsWith("https:");
  const always: readonly [string, string][] = [
    ["x-content-type-options", "nosniff"],
    ...(isTls
      ? [["strict-transport-security", `max-age=${TLS_ONLY_S}`] satisfies [string, string]]
      : []),
  ];
  const finish: Dresser["finish"] = async (response, exchange) => {
    const headers: [string, string][] = [["x-request-id", exchange.requestId], ...always];
    const made = await madeOf(response);
    const isOpened = made.headers.some(([name]) => name === "access-control-allow-origin");
    headers.push(
      ...(isOpened ? [] : cors.headersOf(exchange)),
      ...made.headers,
      ...admission.headersOf(exchange),
    );
    strict(headers);
    return { status: made.status, headers, body: made.body };
  };
  return {
    finish,
    dress: async (response, exchange, acceptEncoding) =>
      compressed(await finish(response, exchange), acceptEncoding),
  };
}

async function madeOf(response: Response): Promise<Answer> {
  const parts = partsOf(response);
  if (parts !== undefined) {
    return { status: parts.status, headers: Object.entries(parts.headers), body: parts.text };
  }
  const headers = [...response.headers];
  const type = headerOf(headers, "content-type") ?? "";
  const body =
    response.body !== null && isText(type) && !isEventStream(type)
      ? await shortBody(response.body)
      : response.body;
  return { status: response.status, headers, body };
}

/** What pages and everything else carry so that browsers do no more with them than was meant. */
function strict(headers: [string, string][]): void {
  if (headerOf(headers, "content-type")?.startsWith("text/html") !== true) {
    if (headerOf(headers, "cache-control") === undefined) {
      headers.push(["cache-control", "no-store"]);
    }
    return;
  }
  headers.push(
    ["x-frame-options", "DENY"],
    ["referrer-policy", "no-referrer"],
    ["cross-origin-opener-policy", "same-origin"],
    ["cross-origin-resource-policy", "same-origin"],
  );
  if (headerOf(headers, "content-security-policy") === undefined) {
    headers.push([
      "content-security-policy",
      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    ]);
  }
}

async function compressed(answer: Answer, acceptEncoding: string | null): Promise<Answer> {
  const { status, headers, body } = answer;
  const type = headerOf(headers, "content-type") ?? "";
  const isShort = body !== null && !(body instanceof ReadableStream);
  if (
    body === null ||
    (isShort && body.length < COMPRESS_MIN_BYTES) ||
    headers.some(([name]) => name === "content-encoding" || name === "content-range") ||
    !isText(type) ||
    isEventStream(type)
  ) {
    return answer;
  }
  const varied = withVary(headers);
  if (body instanceof ReadableStream) {
    const encoding = encodingFor(acceptEncoding);
    return encoding === undefined
      ? { status, headers: varied, body }
      : { status, headers: encoded(varied, encoding), body: compressStream(body, encoding) };
  }
  const { body: bytes, encoding } = await packed(body, acceptEncoding);
  return encoding === undefined
    ? { status, headers: varied, body }
    : { status, headers: encoded(varied, encoding), body: bytes };
}

function withVary(headers: readonly [string, string][]): [string, string][] {
  const before = headerOf(headers, "vary");
  const others = headers.filter(([name]) => name !== "vary");
  return [
    ...others,
    ["vary", before === undefined ? "accept-encoding" : `${before}, accept-encoding`],
  ];
}

/** The length of a compressed body is another; its tag means the same content, byte for byte or not. */
function encoded(headers: readonly [string, string][], encoding: string): [string, string][] {
  const kept = headers.filter(([name]) => name !== "content-length");
  return [...kept, ["content-encoding", encoding]];
}

/** JSON, text and what browsers run: whatever shrinks. */
function isText(type: string): boolean {
  return /^(?:application\/(?:[\w.+-]+\+)?(?:x-)?(?:nd)?json|application\/(?:javascript|xml|wasm)|image\/svg|text\/)/.test(
    type,
  );
}

/** Events are small and must not wait for each other: their stream goes out as it is. */
function isEventStream(type: string): boolean {
  return type.startsWith("text/event-stream");
}
