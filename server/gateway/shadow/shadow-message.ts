import type { IncomingMessage, ServerResponse } from "node:http";
import type { Caller } from "../upstreams/caller.ts";
import type { Taken, Upstreams } from "../upstreams/upstreams.ts";
import type { CapturedAnswer } from "./compare-answers.ts";
import { sendCopy } from "./send-copy.ts";

/** A message whose route may have a shadow. */
export interface ShadowedMessage {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly caller: Caller;
  /** All of it, where it was kept; undefined where it streams. */
  readonly body: Buffer | null | undefined;
}

/** True where the route copies this method, so that its body has to be kept. */
export function copies({ live }: Taken, method: string | undefined): boolean {
  const { shadow } = live.route.spec;
  return shadow !== undefined && (shadow.methods as readonly string[]).includes(method ?? "");
}

/** Sends a copy of a message to the shadow of its route, where it has one. Nobody waits for it. */
export function shadowOf(
  upstreams: Upstreams,
  taken: Taken | undefined,
  { message, response, caller, body }: ShadowedMessage,
): void {
  const spec = taken?.live.route.spec.shadow;
  const { method = "GET" } = message;
  if (taken === undefined || spec === undefined || !copies(taken, method)) {
    return;
  }
  if (Math.random() * 100 >= spec.percent) {
    return;
  }
  const { name } = taken.live.route;
  const { shadows } = upstreams;
  if (body === undefined) {
    shadows.skip(name);
    return;
  }
  if (!shadows.begin(name, spec)) {
    return;
  }
  const path = `/${[...taken.match.matched, ...taken.match.rest].join("/")}${taken.match.query}`;
  const primary = captured(response, spec.bodySizeMaxBytes);
  const shadow = sendCopy(upstreams, { taken, spec, caller, method, body });
  void Promise.all([primary, shadow]).then(([first, second]) => {
    const pair = first && { method, path, primary: first, shadow: second };
    shadows.ended(name, spec, pair);
  });
}

/** Captures what is written to a response; undefined where the caller went away before its end. */
function captured(
  response: ServerResponse,
  sizeMaxBytes: number,
): Promise<CapturedAnswer | undefined> {
  const startedMs = performance.now();
  const chunks: Buffer[] = [];
  let size = 0;
  let headers: readonly unknown[] = [];
  const keep = (chunk: unknown): void => {
    if (typeof chunk === "string" || chunk instanceof Uint8Array) {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk) : Buffer.from(chunk);
      size += bytes.length;
      if (size <= sizeMaxBytes) {
        chunks.push(bytes);
      }
    }
  };
  const { writeHead, write, end } = response;
  type Anything = (...given: unknown[]) => unknown;
  const around =
    (original: unknown, look: (given: unknown[]) => void): Anything =>
    (...given) => {
      look(given);
      return (original as Anything).apply(response, given);
    };
  const spied = {
    writeHead: around(writeHead, (given) => {
      headers = given.find((each) => Array.isArray(each)) ?? [];
    }),
    write: around(write, ([chunk]) => keep(chunk)),
    end: around(end, ([chunk]) => keep(chunk)),
  };
  Object.assign(response, spied);
  const header = (wanted: string): string => {
    const at = headers.findIndex(
      (name, index) => index % 2 === 0 && String(name).toLowerCase() === wanted,
    );
    return at === -1 ? String(response.getHeader(wanted) ?? "") : String(headers[at + 1]);
  };
  return new Promise((resolve) => {
    response.once("close", () => {
      const ms = performance.now() - startedMs;
      const body = size > sizeMaxBytes ? undefined : Buffer.concat(chunks);
      const [type, encoding] = [header("content-type"), header("content-encoding")];
      resolve(
        response.writableFinished
          ? { status: response.statusCode, type, encoding, body, ms }
          : undefined,
      );
    });
  });
}
