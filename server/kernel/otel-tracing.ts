import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Attributes,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { Db, Tx } from "./db/db.ts";
import { endable, readsUntil } from "./db/reads-until.ts";
import type { Sql } from "./db/sql.ts";
import type { Tracing } from "./tracing.ts";

/** Characters of a statement that a span keeps. */
const STATEMENT_MAX_CHARACTERS = 2_000;
/** How long a span may wait in memory, milliseconds. */
const SEND_EVERY_MS = 1_000;

/** Sends spans to the collector at this endpoint. */
export function openOtelTracing(endpoint: string, version: string): Tracing {
  const exporter = new OTLPTraceExporter({ url: tracesUrl(endpoint) });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": "basalt", "service.version": version }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: SEND_EVERY_MS })],
  });
  return tracingWith(provider.getTracer("basalt", version), () => provider.shutdown());
}

function tracesUrl(endpoint: string): string {
  const url = new URL(endpoint);
  if (!url.pathname.endsWith("/v1/traces")) {
    url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/traces`;
  }
  return url.href;
}

function tracingWith(tracer: Tracer, close: () => Promise<void>): Tracing {
  const current = new AsyncLocalStorage<Span>();

  const inside = async <T>(span: Span, work: () => Promise<T>): Promise<T> => {
    try {
      return await current.run(span, work);
    } catch (error) {
      span.setStatus({
        code: SpanStatusCode.ERROR,
        message: error instanceof Error ? error.name : "failed",
      });
      throw error;
    } finally {
      span.end();
    }
  };
  const parent = () => {
    const span = current.getStore();
    return span === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, span);
  };
  const tracing: Tracing = {
    request: (request, call, work) => {
      const remote = remoteParent(request.headers.get("traceparent"));
      const context =
        remote === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remote);
      const attributes = {
        "http.request.method": call.method,
        "basalt.request_id": call.requestId,
      };
      const span = tracer.startSpan(call.method, { kind: SpanKind.SERVER, attributes }, context);
      return inside(span, async () => {
        const answer = await work();
        span.updateName(`${call.method} ${call.endpoint}`);
        span.setAttributes({
          "http.route": call.endpoint,
          "http.response.status_code": answer.status,
        });
        if (answer.status >= 500) {
          span.setStatus({ code: SpanStatusCode.ERROR });
        }
        return answer;
      });
    },
    span: (name, attributes, work) =>
      inside(tracer.startSpan(name, { attributes }, parent()), work),
    db: (db) => tracedDb(db, tracing),
    outgoing: () => {
      const span = current.getStore();
      if (span === undefined) {
        return {};
      }
      const { traceId, spanId, traceFlags } = span.spanContext();
      return { traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}` };
    },
    close,
  };
  return tracing;
}

/** W3C trace context, version 00; anything else starts a trace of its own. */
function remoteParent(header: string | null) {
  const [, traceId = "", spanId = "", flags = ""] =
    header?.match(/^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/) ?? [];
  const remote = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  return isSpanContextValid(remote) ? remote : undefined;
}

function tracedDb(db: Db, tracing: Tracing): Db {
  const span = <T>(statement: Sql, work: () => Promise<T>): Promise<T> =>
    tracing.span(nameOf(statement), about(statement), work);
  const batch = <T>(name: string, statements: readonly Sql[], work: () => Promise<T>): Promise<T> =>
    tracing.span(
      name,
      { "db.system.name": "postgresql", "db.operation.batch.size": statements.length },
      work,
    );
  return {
    all: (statement) => span(statement, () => db.all(statement)),
    one: (statement) => span(statement, () => db.one(statement)),
    maybe: (statement) => span(statement, () => db.maybe(statement)),
    run: (statement) => span(statement, () => db.run(statement)),
    text: (statement) => span(statement, () => db.text(statement)),
    texts: (statements) => batch("sql reads", statements, () => db.texts(statements)),
    pipeline: (statements) => batch("sql pipeline", statements, () => db.pipeline(statements)),
    ...(endable in db && {
      [endable]: (signal: AbortSignal) => tracedDb(readsUntil(db, signal), tracing),
    }),
    copyIn: (target, rows) => span(target, () => db.copyIn(target, rows)),
    // The text may hold a role's password: PostgreSQL takes no parameter there.
    script: (text) =>
      tracing.span("sql script", { "db.system.name": "postgresql" }, () => db.script(text)),
    transaction: (work, opening) =>
      tracing.span("sql transaction", { "db.system.name": "postgresql" }, () =>
        db.transaction((tx, opened) => work(tracedTx(tx, tracing), opened), opening),
      ),
    inTransaction: db.inTransaction,
  };
}

function tracedTx(tx: Tx, tracing: Tracing): Tx {
  return {
    ...tracedDb(tx, tracing),
    inTransaction: true,
    // A nested call joins: no span of its own.
    transaction: (work, opening) =>
      tx.transaction((inner, opened) => work(tracedTx(inner, tracing), opened), opening),
    attempt: (work) => tx.attempt(work),
    afterCommit: (callback) => tx.afterCommit(callback),
  };
}

function nameOf(statement: Sql): string {
  const verb = statement.text.match(/[a-z]+/i)?.[0];
  return `sql ${verb ?? "statement"}`;
}

function about(statement: Sql): Attributes {
  return {
    "db.system.name": "postgresql",
    "db.query.text": statement.text.slice(0, STATEMENT_MAX_CHARACTERS),
  };
}
