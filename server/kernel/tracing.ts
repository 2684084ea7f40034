import type { Attributes } from "@opentelemetry/api";
import type { Config } from "./config.ts";
import type { Db } from "./db/db.ts";

/** Spans of requests, statements and whatever else is worth seeing; sent to an OTLP collector. */
export interface Tracing {
  /** The server span of a request. A `traceparent` header of the caller makes it part of the caller's trace. */
  request<T extends { readonly status: number }>(
    request: Request,
    call: TracedCall,
    work: () => Promise<T>,
  ): Promise<T>;
  /** A span inside the one that is running. */
  span<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T>;
  /** The same database with a span around each statement. Values are never shown, only the text with its placeholders. */
  db(db: Db): Db;
  /** Headers that carry the running trace to another program; empty outside a span. */
  outgoing(): Readonly<Record<string, string>>;
  /** Sends what is left and stops. */
  close(): Promise<void>;
}

export interface TracedCall {
  readonly method: string;
  readonly requestId: string;
  /** Read when the request has ended: the route is known by then. */
  readonly endpoint: string;
}

/** Starts tracing where an endpoint is configured; what it is made of is loaded only then. */
export async function openTracing(
  { otlpEndpoint }: Pick<Config, "otlpEndpoint">,
  version: string,
): Promise<Tracing | undefined> {
  if (otlpEndpoint === null) {
    return undefined;
  }
  const { openOtelTracing } = await import("./otel-tracing.ts");
  return openOtelTracing(otlpEndpoint, version);
}
