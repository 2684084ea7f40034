import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  ServerResponse,
  STATUS_CODES,
} from "node:http";
import type { Duplex } from "node:stream";
import type { Dispatcher } from "undici";
import { Problem } from "#kernel";
import type { Caller } from "./caller.ts";
import { requestHeaders, responseHeaders } from "./forwarded-headers.ts";
import { account, ownHeaders } from "./send-on.ts";
import type { Upstreams, Way } from "./upstreams.ts";

/** A connection that asks to become a WebSocket. */
export interface Upgrade {
  readonly message: IncomingMessage;
  readonly socket: Duplex;
  /** What the caller sent after the head. */
  readonly head: Buffer;
  readonly way: Way & { readonly kind: "upstream" };
  readonly caller: Caller;
}

/** Open tunnels of one process; each holds two sockets. */
const TUNNELS_MAX = 5_000;

/**
 * Asks an upstream to upgrade and joins the two connections: bytes flow both ways with back-pressure, one side may end before
 * the other, and silence ends both. An upstream that declines answers as it would to any request. Resolves with the status.
 * Problems: `gateway.upstream-unavailable`, `gateway.upstream-failed`, `gateway.too-many-tunnels`.
 */
export async function tunnel(upstreams: Upstreams, upgrade: Upgrade): Promise<number> {
  const { way, caller, message } = upgrade;
  const { upstream, taken, path } = way;
  const { spec } = taken.match.route;
  const { tunnels } = upstreams;
  if (tunnels.size >= TUNNELS_MAX) {
    throw new Problem("unavailable", "gateway.too-many-tunnels", {
      message: "Too many WebSockets are open; try again later.",
      retryAfterS: 5,
    });
  }
  const endpoint = upstream.pick();
  const pass = endpoint?.breaker.enter() ?? 0;
  if (endpoint === undefined || pass === 0) {
    throw new Problem("unavailable", "gateway.upstream-unavailable", {
      message: "The service behind this address is not available at the moment.",
      retryAfterS: upstream.retryAfterS,
    });
  }
  const startedMs = performance.now();
  const headers = requestHeaders(caller, {
    changes: spec.headers.request,
    host: spec.preserveHost ? undefined : endpoint.host,
    keepsAuthorization: (spec.identity ?? (spec.auth === "none" ? "pass" : "sign")) === "pass",
    own: ownHeaders(upstreams, { way, trace: {} }),
    isUpgrade: true,
  });
  try {
    const status = await new Promise<number>((resolve, reject) => {
      endpoint.pool.dispatch(
        {
          path: endpoint.basePath + path,
          method: message.method ?? "GET",
          headers,
          upgrade: "websocket",
          headersTimeout: upstream.spec.timeouts.tryMs,
          bodyTimeout: upstream.spec.timeouts.idleMs,
        },
        new Join(upgrade, { upstreams, resolve, reject }),
      );
    });
    endpoint.breaker.succeeded(pass);
    const ms = performance.now() - startedMs;
    account(upstreams, taken, { status, isWhole: true, ms });
    upstreams.metrics.tried({ upstream: upstream.name, outcome: String(status), ms });
    return status;
  } catch (error) {
    endpoint.breaker.failed(pass);
    const ms = performance.now() - startedMs;
    account(upstreams, taken, { status: 502, isWhole: true, ms });
    upstreams.metrics.tried({ upstream: upstream.name, outcome: "broken", ms });
    throw new Problem("bad-gateway", "gateway.upstream-failed", {
      message: "The service behind this address could not be reached.",
      cause: error,
    });
  }
}

interface JoinOptions {
  readonly upstreams: Upstreams;
  readonly resolve: (status: number) => void;
  readonly reject: (error: Error) => void;
}

class Join implements Dispatcher.DispatchHandler {
  private readonly upgrade: Upgrade;
  private readonly options: JoinOptions;
  private response: ServerResponse | undefined;

  constructor(upgrade: Upgrade, options: JoinOptions) {
    this.upgrade = upgrade;
    this.options = options;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    const { socket } = this.upgrade;
    const gone = (): void => controller.abort(new Error("the caller went away"));
    if (socket.destroyed) {
      gone();
    } else {
      socket.once("close", gone);
    }
  }

  onRequestUpgrade(
    ...[, status, headers, far]: Parameters<
      NonNullable<Dispatcher.DispatchHandler["onRequestUpgrade"]>
    >
  ): void {
    const { socket, head, way } = this.upgrade;
    const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`];
    const answer = this.headersOf(headers);
    for (let at = 0; at + 1 < answer.length; at += 2) {
      lines.push(`${answer[at]}: ${answer[at + 1]}`);
    }
    lines.push("connection: upgrade", "upgrade: websocket");
    socket.write(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
    if (head.length > 0) {
      far.write(head);
    }
    join(socket, far, {
      idleMs: way.upstream.spec.timeouts.streamIdleMs,
      tunnels: this.options.upstreams.tunnels,
    });
    this.options.resolve(status);
  }

  /** The upstream declines: an ordinary answer on a connection that then ends. */
  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 200) {
      return;
    }
    const { message, socket } = this.upgrade;
    const response = new ServerResponse(message);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as Parameters<ServerResponse["assignSocket"]>[0]);
    response.once("finish", () => socket.end());
    response.on("drain", () => controller.resume());
    response.writeHead(status, this.headersOf(headers));
    this.response = response;
    this.options.resolve(status);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.response?.write(chunk) === false) {
      controller.pause();
    }
  }

  onResponseEnd(): void {
    this.response?.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.response === undefined) {
      this.options.reject(error);
    } else {
      this.upgrade.socket.destroy();
    }
  }

  private headersOf(answered: IncomingHttpHeaders): string[] {
    const { way, caller } = this.upgrade;
    const { response } = way.taken.match.route.spec.headers;
    return responseHeaders(answered, { changes: response, requestId: caller.requestId });
  }
}

/** Joins two connections until both have ended, one has broken, or nothing moves for too long. */
function join(
  near: Duplex,
  far: Duplex,
  { idleMs, tunnels }: { readonly idleMs: number; readonly tunnels: Set<Duplex> },
): void {
  tunnels.add(near);
  const end = (): void => {
    clearTimeout(silence);
    tunnels.delete(near);
    near.destroy();
    far.destroy();
  };
  const silence = setTimeout(end, idleMs).unref();
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    from.on("data", () => silence.refresh());
    from.once("error", end);
    from.once("close", () => {
      // What is still in the other one's buffer goes out; then it ends as well.
      to.end();
      to.once("finish", end);
      if (to.writableFinished) {
        end();
      }
    });
    from.pipe(to);
  }
}
