import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { Problem } from "#kernel";
import { copies } from "../shadow/shadow-message.ts";
import type { Caller } from "./caller.ts";
import type { Endpoint } from "./endpoint.ts";
import { forward, type Forwarded, type Forwarding, type TryResult } from "./forward.ts";
import { requestHeaders, responseHeaders } from "./forwarded-headers.ts";
import { noBody, type RequestBody, streamedBody, wholeBody } from "./request-body.ts";
import { IDENTITY_HEADER } from "./sign-identity.ts";
import type { Reply } from "./try-once.ts";
import type { Upstream } from "./upstream.ts";
import type { Taken, Upstreams, Way } from "./upstreams.ts";

/** A request that goes to an upstream, whatever it came in on. */
export interface SentOn {
  readonly way: Way & { readonly kind: "upstream" };
  readonly caller: Caller;
  readonly method: string;
  readonly body: RequestBody;
  readonly reply: Reply;
  /** Headers that carry the running trace on. */
  readonly trace: Readonly<Record<string, string>>;
}

/** Who is told how it ended, once. */
export interface Ends {
  ended(result: Forwarding): void;
  /** Nothing has been written; problems: those of `forward`. */
  failed(problem: unknown): void;
}

/** Sends it on and writes down what came of it. */
export function sendOn(upstreams: Upstreams, request: SentOn, ends: Ends): void {
  forward(new Sending(upstreams, request, ends));
}

/** A request on its way to an upstream and back. */
class Sending implements Forwarded {
  readonly upstream: Upstream;
  readonly method: string;
  readonly path: string;
  readonly body: RequestBody;
  readonly reply: Reply;
  private readonly upstreams: Upstreams;
  private readonly request: SentOn;
  private readonly ends: Ends;
  readonly startedMs = performance.now();
  private answeredMs = 0;

  constructor(upstreams: Upstreams, request: SentOn, ends: Ends) {
    this.upstream = request.way.upstream;
    this.method = request.method;
    this.path = request.way.path;
    this.body = request.body;
    this.reply = request.reply;
    this.upstreams = upstreams;
    this.request = request;
    this.ends = ends;
  }

  headersFor({ host }: Endpoint): string[] {
    const { way, caller } = this.request;
    const { spec } = way.taken.match.route;
    return requestHeaders(caller, {
      changes: spec.headers.request,
      host: spec.preserveHost ? undefined : host,
      keepsAuthorization: identityMode(way.taken) === "pass",
      own: ownHeaders(this.upstreams, this.request),
    });
  }

  answerHeaders(answered: IncomingHttpHeaders): string[] {
    this.answeredMs = performance.now() - this.startedMs;
    const { way, caller } = this.request;
    const headers = responseHeaders(answered, {
      changes: way.taken.match.route.spec.headers.response,
      requestId: caller.requestId,
    });
    const { setCookie } = way.taken;
    if (setCookie !== undefined) {
      headers.push("set-cookie", setCookie);
    }
    return headers;
  }

  tried(result: TryResult): void {
    this.upstreams.metrics.tried(result);
  }

  ended(result: Forwarding): void {
    const { status, isWhole } = result;
    account(this.upstreams, this.request.way.taken, { status, isWhole, ms: this.answeredMs });
    this.ends.ended(result);
  }

  failed(problem: Problem): void {
    const ms = performance.now() - this.startedMs;
    account(this.upstreams, this.request.way.taken, { status: problem.status, isWhole: true, ms });
    this.ends.failed(problem);
  }
}

/** What a target did: for metrics, and for the judgement of a cut-over. A caller who went away says nothing of it. */
export function account(
  { metrics }: Upstreams,
  { live, target }: Taken,
  { status, isWhole, ms }: Forwarding & { readonly ms: number },
): void {
  if (status !== 499) {
    target.window.add(status >= 500 || !isWhole, ms);
  }
  metrics.routed({ route: live.route.name, target: target.name, status, ms });
}

/** The body as it may be sent: small ones of repeatable requests are read first, so that there can be another try. */
export function bodyFor(
  { way, method }: Pick<SentOn, "way" | "method">,
  source: Readable,
  length: { readonly bytes: number | undefined; readonly isChunked: boolean },
): RequestBody | Promise<RequestBody> {
  const { bytes, isChunked } = length;
  if (!isChunked && (bytes === undefined || bytes === 0)) {
    return noBody;
  }
  const { bodySizeMaxBytes } = way.upstream.spec.retries;
  const { shadow } = way.taken.live.route.spec;
  const isKept =
    bytes !== undefined &&
    ((/^(?:PUT|DELETE)$/.test(method) && bytes <= bodySizeMaxBytes) ||
      (shadow !== undefined && copies(way.taken, method) && bytes <= shadow.bodySizeMaxBytes));
  return isKept
    ? source.toArray().then((chunks) => wholeBody(Buffer.concat(chunks as Buffer[])))
    : streamedBody(source);
}

function identityMode({ match }: Taken): "pass" | "strip" | "sign" {
  const { identity, auth } = match.route.spec;
  return identity ?? (auth === "none" ? "pass" : "sign");
}

/** Where no trace runs. */
export const noTrace: Readonly<Record<string, string>> = {};

/** The signed identity where the route asks for it, and the trace. */
export function ownHeaders(
  { signer }: Upstreams,
  { way: { taken, upstream }, trace }: Pick<SentOn, "way" | "trace">,
): [string, string][] {
  const headers: [string, string][] = trace === noTrace ? [] : Object.entries(trace);
  if (identityMode(taken) === "sign" && taken.actor.kind === "user") {
    headers.push([IDENTITY_HEADER, signer.identityOf(taken.actor, upstream.name)]);
  }
  return headers;
}
