import type { Agent, Dispatcher } from "undici";
import { Problem } from "../problem.ts";
import type { AllowList } from "./allow-list.ts";
import { ACCEPT_ENCODING, decodedBody, isKnownEncoding, tooLarge, wholeBody } from "./body.ts";
import type { EgressAnswer, EgressRequest } from "./egress.ts";
import { nextHop, type Hop } from "./redirects.ts";
import { parseTarget } from "./targets.ts";

/** Redirects that are followed unless the request says fewer; a request cannot ask for more. */
export const REDIRECTS_MAX = 5;

const METHODS: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
]);

/** Headers that belong to the connection: said by the client itself, never by a caller. */
const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

export interface Way {
  readonly agent: Agent;
  readonly allowList: AllowList;
}

/** Sends the request along its redirects, each judged like the first. Problems: as `Egress.send`. */
export async function sendRequest(way: Way, request: EgressRequest): Promise<EgressAnswer> {
  const deadline = AbortSignal.timeout(request.timeoutMs);
  const signal =
    request.signal === undefined ? deadline : AbortSignal.any([deadline, request.signal]);
  const explain = (error: unknown): unknown => explained(error, deadline, request.signal);
  let hop = firstHop(way, request);
  for (let left = Math.min(request.redirectsMax ?? REDIRECTS_MAX, REDIRECTS_MAX); ; left -= 1) {
    const response = await exchange(way.agent, hop, signal).catch((error: unknown) => {
      throw explain(error);
    });
    const location = redirectOf(response);
    if (location === undefined || (request.redirectsMax ?? REDIRECTS_MAX) <= 0) {
      return answerOf(response, { hop, request, explain });
    }
    discard(response);
    if (left === 0) {
      throw failed("The answer leads on too often.");
    }
    hop = nextHop(hop, {
      status: response.statusCode,
      url: parseTarget(location, way.allowList, hop.url),
    });
  }
}

function firstHop(way: Way, request: EgressRequest): Hop {
  const method = (request.method ?? "GET").toUpperCase();
  if (!METHODS.has(method)) {
    throw new Problem("invalid", "kernel.egress-url", {
      message: "The method must be one that HTTP APIs use.",
    });
  }
  const headers: [string, string][] = [];
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    if (!CONNECTION_HEADERS.has(name.toLowerCase())) {
      headers.push([name.toLowerCase(), value]);
    }
  }
  return {
    url: parseTarget(request.url, way.allowList),
    method,
    headers: new Map(headers),
    body: request.body,
  };
}

/**
 * One request and its headers. The client notices an abort only once it is connected; the caller is not kept waiting for
 * that, and what arrives afterwards is thrown away.
 */
function exchange(agent: Agent, hop: Hop, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener("abort", onAbort, { once: true });
    agent
      .request({
        origin: hop.url.origin,
        path: hop.url.pathname + hop.url.search,
        method: hop.method,
        headers: { ...Object.fromEntries(hop.headers), "accept-encoding": ACCEPT_ENCODING },
        body: hop.body ?? null,
        signal,
      })
      .then((response) => (signal.aborted ? discard(response) : resolve(response)), reject)
      .finally(() => signal.removeEventListener("abort", onAbort));
  });
}

function redirectOf(response: Dispatcher.ResponseData): string | undefined {
  const isRedirect = [301, 302, 303, 307, 308].includes(response.statusCode);
  const location = response.headers["location"];
  return isRedirect && typeof location === "string" ? location : undefined;
}

interface AnswerContext {
  readonly hop: Hop;
  readonly request: EgressRequest;
  readonly explain: (error: unknown) => unknown;
}

function answerOf(
  response: Dispatcher.ResponseData,
  { hop, request, explain }: AnswerContext,
): EgressAnswer {
  const headers = flat(response.headers);
  const sizeMaxBytes = request.bodySizeMaxBytes;
  const hasBody =
    hop.method !== "HEAD" && response.statusCode !== 204 && response.statusCode !== 304;
  const encoding = hasBody ? headers["content-encoding"] : undefined;
  if (hasBody && Number(headers["content-length"] ?? 0) > sizeMaxBytes) {
    discard(response);
    throw tooLarge(sizeMaxBytes);
  }
  if (!isKnownEncoding(encoding)) {
    discard(response);
    throw failed("The answer is encoded in a way that was not asked for.");
  }
  const body = decodedBody({ stream: response.body, encoding, sizeMaxBytes, explain });
  const bytes = (): Promise<Uint8Array> => wholeBody(body);
  return {
    status: response.statusCode,
    headers,
    url: hop.url.href,
    body,
    bytes,
    text: async () => new TextDecoder().decode(await bytes()),
  };
}

function flat(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const pairs = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(", ") : value,
  ]);
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
}

/** Closes the connection instead of reading on: the body of a redirect may never end. */
function discard(response: Dispatcher.ResponseData): void {
  response.body.on("error", () => undefined).destroy();
}

/** A problem stays; the request's own time and the caller's leaving are told apart; the rest is one sentence. */
function explained(
  error: unknown,
  deadline: AbortSignal,
  caller: AbortSignal | undefined,
): unknown {
  if (error instanceof Problem) {
    return error;
  }
  if (caller?.aborted === true) {
    return caller.reason;
  }
  if (deadline.aborted) {
    return new Problem("unavailable", "kernel.egress-timeout", {
      message: "The other side did not answer in time.",
      cause: briefly(error),
    });
  }
  return failed("The other side could not be reached, or broke off.", error);
}

function failed(message: string, cause?: unknown): Problem {
  return new Problem("unavailable", "kernel.egress-failed", { message, cause: briefly(cause) });
}

/** The client's errors carry what they choked on, megabytes of it and not for a log; the first line says enough. */
function briefly(error: unknown): string | undefined {
  if (!(error instanceof Error)) {
    return undefined;
  }
  const code = (error as NodeJS.ErrnoException).code ?? error.name;
  return `${code}: ${error.message.slice(0, 200)}`;
}
