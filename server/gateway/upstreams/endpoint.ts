import type * as Undici from "undici";
import { Breaker, type Log } from "#kernel";
import type { UpstreamSpec } from "../file/upstream-shape.ts";
import { Lookouts } from "./lookouts.ts";

/** An unused connection is closed before most servers close it, milliseconds. */
const KEEP_ALIVE_MS = 4_000;

/** What an endpoint is made of. */
export interface EndpointOptions {
  readonly upstream: string;
  readonly url: string;
  readonly spec: UpstreamSpec;
  readonly undici: typeof Undici;
  /** Certificates to trust, where the file names some. */
  readonly ca: string | undefined;
  readonly log: Log;
}

/** One server of an upstream: its connections, its breaker, and whether its health checks pass. */
export class Endpoint {
  /** `http://10.0.0.5:8080`, as the file says it. */
  readonly url: string;
  readonly host: string;
  /** Before each path; empty or without a slash at its end. */
  readonly basePath: string;
  readonly pool: Undici.Pool;
  readonly breaker: Breaker;
  /** Over the tries that wait for it. */
  readonly lookouts = new Lookouts();
  /** Requests that it has not answered yet. */
  active = 0;
  /** What the last checks say; well until they say otherwise. */
  isHealthy = true;
  private readonly options: EndpointOptions;
  private readonly prober: Undici.Client | undefined;
  private timer: NodeJS.Timeout | undefined;
  private inRow = 0;

  constructor(options: EndpointOptions) {
    const { url, spec, undici, ca } = options;
    const { origin, host, pathname } = new URL(url);
    this.options = options;
    this.url = url;
    this.host = host;
    this.basePath = pathname.replace(/\/$/, "");
    this.breaker = new Breaker(spec.breaker);
    const connect = {
      timeout: spec.timeouts.connectMs,
      ...(ca === undefined ? {} : { ca }),
      ...(spec.tls?.serverName === undefined ? {} : { servername: spec.tls.serverName }),
    };
    this.pool = new undici.Pool(origin, {
      connections: spec.connectionsMax,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: 60_000,
      headersTimeout: 0,
      // Watched by each try.
      bodyTimeout: 0,
      connect,
    });
    const { health } = spec;
    if (health !== undefined) {
      // Checks have a connection of their own: a queue of requests must not look like illness.
      this.prober = new undici.Client(origin, {
        allowH2: false,
        headersTimeout: health.timeoutMs,
        bodyTimeout: health.timeoutMs,
        connect: { ...connect, timeout: Math.min(health.timeoutMs, spec.timeouts.connectMs) },
      });
      this.timer = setInterval(() => void this.check(), health.everyMs).unref();
      void this.check();
    }
  }

  /** True where a request may be sent to it now. */
  get mayTake(): boolean {
    const { connectionsMax, waitingMax } = this.options.spec;
    return this.isHealthy && this.breaker.mayEnter && this.active < connectionsMax + waitingMax;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([
      // Ends when the last request has been answered.
      this.pool.close().catch(() => undefined),
      this.prober?.destroy().catch(() => undefined),
    ]);
  }

  /** Asks the health path once. */
  private async check(): Promise<void> {
    const { prober, options } = this;
    const { health } = options.spec;
    if (prober === undefined || health === undefined || prober.destroyed) {
      return;
    }
    let isGood = false;
    try {
      const { statusCode, body } = await prober.request({
        method: "GET",
        path: this.basePath + health.path,
        headers: { host: this.host, "user-agent": "basalt-health", connection: "close" },
        signal: AbortSignal.timeout(health.timeoutMs),
      });
      await body.dump();
      isGood = health.status.includes(statusCode);
    } catch {
      isGood = false;
    }
    this.note(isGood, health);
  }

  private note(
    isGood: boolean,
    { healthyAfter, unhealthyAfter }: { healthyAfter: number; unhealthyAfter: number },
  ): void {
    if (isGood === this.isHealthy) {
      this.inRow = 0;
      return;
    }
    this.inRow += 1;
    if (this.inRow >= (isGood ? healthyAfter : unhealthyAfter)) {
      this.isHealthy = isGood;
      this.inRow = 0;
      const { upstream, log, url } = this.options;
      log.warn(
        { upstream, url },
        isGood ? "a server of an upstream is well again" : "a server of an upstream is not well",
      );
    }
  }
}
