import type { Readable } from "node:stream";
import { Problem } from "#kernel";
import { copies } from "../shadow/shadow-message.ts";
import type { Caller } from "./caller.ts";
import { forward, type Forwarding } from "./forward.ts";
import { requestHeaders, responseHeaders } from "./forwarded-headers.ts";
import { noBody, type RequestBody, streamedBody, wholeBody } from "./request-body.ts";
import { IDENTITY_HEADER } from "./sign-identity.ts";
import type { Reply } from "./try-once.ts";
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

/** Sends it on and writes down what came of it. Problems: those of `forward`. */
export async function sendOn(upstreams: Upstreams, request: SentOn): Promise<Forwarding> {
  const { way, caller, method, body, reply } = request;
  const { taken, upstream, path } = way;
  const { spec } = taken.match.route;
  const startedMs = performance.now();
  let answeredMs = 0;
  const own = ownHeaders(upstreams, request);
  const keepsAuthorization = identityMode(taken) === "pass";
  try {
    const result = await forward({
      upstream,
      method,
      path,
      body,
      reply,
      headersFor: ({ host }) =>
        requestHeaders(caller, {
          changes: spec.headers.request,
          host: spec.preserveHost ? undefined : host,
          keepsAuthorization,
          own,
        }),
      answerHeaders: (rawHeaders) => {
        answeredMs = performance.now() - startedMs;
        const headers = responseHeaders(rawHeaders, {
          changes: spec.headers.response,
          requestId: caller.requestId,
        });
        if (taken.setCookie !== undefined) {
          headers.push("set-cookie", taken.setCookie);
        }
        return headers;
      },
      tried: upstreams.metrics.tried,
    });
    account(upstreams, taken, { ...result, ms: answeredMs });
    return result;
  } catch (error) {
    if (error instanceof Problem) {
      const ms = performance.now() - startedMs;
      account(upstreams, taken, { status: error.status, isWhole: true, ms });
    }
    throw error;
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

/** The signed identity where the route asks for it, and the trace. */
export function ownHeaders(
  { signer }: Upstreams,
  { way: { taken, upstream }, trace }: Pick<SentOn, "way" | "trace">,
): [string, string][] {
  const headers: [string, string][] = Object.entries(trace);
  if (identityMode(taken) === "sign" && taken.actor.kind === "user") {
    headers.push([IDENTITY_HEADER, signer.identityOf(taken.actor, upstream.name)]);
  }
  return headers;
}
