import type { Caller } from "../upstreams/caller.ts";
import { forward, type Forwarding } from "../upstreams/forward.ts";
import { requestHeaders } from "../upstreams/forwarded-headers.ts";
import { noBody, wholeBody } from "../upstreams/request-body.ts";
import { targetPath } from "../upstreams/target-path.ts";
import type { Reply, Writer } from "../upstreams/try-once.ts";
import type { Taken, Upstreams } from "../upstreams/upstreams.ts";
import type { CapturedAnswer } from "./compare-answers.ts";
import type { ShadowSpec } from "../file/route-shape.ts";

/** A request that is copied. */
export interface Copied {
  readonly taken: Taken;
  readonly spec: ShadowSpec;
  readonly caller: Caller;
  readonly method: string;
  readonly body: Buffer | null;
}

/** By this header a service knows that nobody waits for its answer. */
const SHADOW_HEADER = "x-basalt-shadow";

/** Sends the copy and captures its answer; undefined where there is none in time. Never rejects. */
export async function sendCopy(
  upstreams: Upstreams,
  copied: Copied,
): Promise<CapturedAnswer | undefined> {
  const { spec } = copied;
  const reply = new CapturingReply(spec.bodySizeMaxBytes);
  const startedMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      reply.leave();
      resolve(undefined);
    }, spec.timeoutMs);
  });
  const answered =
    spec.upstream === undefined
      ? askOurselves(upstreams, copied, spec.bodySizeMaxBytes)
      : askUpstream(upstreams, copied, reply);
  try {
    const answer = await Promise.race([answered, late]);
    return answer && { ...answer, ms: performance.now() - startedMs };
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

type Uncounted = Omit<CapturedAnswer, "ms">;

async function askUpstream(
  upstreams: Upstreams,
  { taken, spec, caller, method, body }: Copied,
  reply: CapturingReply,
): Promise<Uncounted | undefined> {
  const upstream = upstreams.upstream(spec.upstream ?? "");
  if (upstream === undefined) {
    return undefined;
  }
  const { isWhole } = await new Promise<Forwarding>((resolve, reject) => {
    forward({
      upstream,
      method,
      path: targetPath({ own: undefined, path: spec.path }, taken.match),
      body: body === null ? noBody : wholeBody(body),
      reply,
      startedMs: performance.now(),
      headersFor: ({ host }) =>
        requestHeaders(caller, {
          changes: taken.match.route.spec.headers.request,
          host: taken.match.route.spec.preserveHost ? undefined : host,
          keepsAuthorization: taken.match.route.spec.auth === "none",
          own: [[SHADOW_HEADER, "1"]],
        }),
      answerHeaders: (headers) =>
        Object.entries(headers).flatMap(([name, value]) => [name, String(value)]),
      tried: (result) => upstreams.metrics.tried(result),
      ended: resolve,
      failed: reject,
    });
  });
  return isWhole ? reply.captured() : undefined;
}

async function askOurselves(
  upstreams: Upstreams,
  { taken, spec, caller, method }: Copied,
  sizeMaxBytes: number,
): Promise<Uncounted | undefined> {
  const path = targetPath({ own: spec.own, path: undefined }, taken.match);
  const headers = new Headers({ [SHADOW_HEADER]: "1" });
  if (caller.authorization !== null) {
    headers.set("authorization", caller.authorization);
  }
  const request = new Request(`http://localhost${path}`, { method, headers });
  const answer = await upstreams.ownFetch?.(request, { address: caller.address });
  if (answer === undefined) {
    return undefined;
  }
  const body = Buffer.from(await answer.arrayBuffer());
  return {
    status: answer.status,
    type: answer.headers.get("content-type") ?? "",
    encoding: answer.headers.get("content-encoding") ?? "",
    body: body.length > sizeMaxBytes ? undefined : body,
  };
}

/** Keeps an answer up to a size; what is longer is read and thrown away. */
class CapturingReply implements Reply {
  isGone = false;
  private writer: Writer | undefined;
  private readonly sizeMaxBytes: number;
  private status = 0;
  private headers: string[] = [];
  private chunks: Buffer[] = [];
  private size = 0;

  constructor(sizeMaxBytes: number) {
    this.sizeMaxBytes = sizeMaxBytes;
  }

  head(status: number, headers: string[]): void {
    this.status = status;
    this.headers = headers;
  }

  write(chunk: Buffer): boolean {
    this.size += chunk.length;
    if (this.size <= this.sizeMaxBytes) {
      this.chunks.push(chunk);
    }
    return true;
  }

  end(): void {}

  cut(): void {}

  follow(writer: Writer | undefined): void {
    this.writer = writer;
  }

  leave(): void {
    this.isGone = true;
    this.writer?.gone();
  }

  captured(): Uncounted {
    const header = (wanted: string): string => {
      const at = this.headers.findIndex(
        (name, index) => index % 2 === 0 && name.toLowerCase() === wanted,
      );
      return at === -1 ? "" : (this.headers[at + 1] ?? "");
    };
    return {
      status: this.status,
      type: header("content-type"),
      encoding: header("content-encoding"),
      body: this.size > this.sizeMaxBytes ? undefined : Buffer.concat(this.chunks),
    };
  }
}
