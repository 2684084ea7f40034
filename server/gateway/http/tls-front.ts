import { createServer as createHttp2, type Http2Server, type ServerHttp2Session } from "node:http2";
import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http";
import { createServer as createTls, type Server as TlsServer, type TLSSocket } from "node:tls";
import type { Config, Log } from "#kernel";
import { followCertificate, readCertificate, TLS_MIN } from "./certificate.ts";

/** Requests at once on one HTTP/2 connection. */
const STREAMS_MAX = 100;
/**
 * Streams that a caller may open and reset: this many at once and this many a second; a caller who resets more is cut off, because a
 * reset costs it nothing and the begun work costs us ("rapid reset", CVE-2023-44487).
 */
const RESETS_AT_ONCE = 100;
const RESETS_PER_S = 20;
/** Bytes of headers of one HTTP/2 request, uncompressed. */
const HTTP2_HEADERS_MAX_BYTES = 32 * 1_024;
const HANDSHAKE_TIMEOUT_MS = 10_000;
const IDLE_MAX_MS = 65_000;

/** A server that owns the port; connections that it has accepted can be closed. */
export interface Front extends TlsServer {
  closeIdleConnections(): void;
  closeAllConnections(): void;
}

export interface TlsOptions {
  readonly files: NonNullable<Config["tls"]>;
  readonly log: Log;
  readonly lookEveryMs?: number | undefined;
}

/**
 * TLS in front of a server of HTTP/1.1: callers that can speak HTTP/2 do, the others go to the same server as without TLS. Both reach
 * the same requests. Problem: `gateway.tls-files`.
 */
export async function openTlsFront(
  http: HttpServer,
  serve: (message: IncomingMessage, response: ServerResponse) => void,
  { files, log, lookEveryMs }: TlsOptions,
): Promise<Front> {
  const certificate = await readCertificate(files);
  const { http2, sessions } = openHttp2(serve);
  const server = createTls(
    {
      ...certificate,
      minVersion: TLS_MIN,
      ALPNProtocols: ["h2", "http/1.1"],
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      noDelay: true,
    },
    (socket: TLSSocket) => {
      (socket.alpnProtocol === "h2" ? http2 : http).emit("connection", socket);
    },
  );
  // Callers without TLS, broken handshakes: nobody to answer to.
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  // It never listens itself, and starts to watch slow callers when told that it does.
  http.emit("listening");
  const stop = followCertificate(server, { files, from: certificate, log, lookEveryMs });
  server.once("close", () => {
    stop();
    http.close();
  });
  return Object.assign(server, {
    closeIdleConnections: (): void => {
      http.closeIdleConnections();
      // Streams that run are finished; no new ones are taken.
      sessions.forEach((session) => session.close());
    },
    closeAllConnections: (): void => {
      http.closeAllConnections();
      sessions.forEach((session) => session.destroy());
    },
  });
}

function openHttp2(serve: (message: IncomingMessage, response: ServerResponse) => void): {
  readonly http2: Http2Server;
  readonly sessions: ReadonlySet<ServerHttp2Session>;
} {
  const http2 = createHttp2({
    settings: {
      maxConcurrentStreams: STREAMS_MAX,
      maxHeaderListSize: HTTP2_HEADERS_MAX_BYTES,
      enablePush: false,
    },
    maxSessionInvalidFrames: 50,
    maxSessionRejectedStreams: 50,
    streamResetBurst: RESETS_AT_ONCE,
    streamResetRate: RESETS_PER_S,
  });
  const sessions = new Set<ServerHttp2Session>();
  http2.on("session", (session) => {
    sessions.add(session);
    session.setTimeout(IDLE_MAX_MS, () => session.close());
    session.once("close", () => sessions.delete(session));
    session.on("error", () => session.destroy());
  });
  http2.on("sessionError", () => undefined);
  http2.on("request", (message, response) => {
    message.on("error", () => undefined);
    response.on("error", () => undefined);
    const { headers } = message;
    headers.host ??= headers[":authority"];
    // The messages of HTTP/2 have every member of those of HTTP/1 that we use; TypeScript cannot see that.
    serve(message as unknown as IncomingMessage, response as unknown as ServerResponse);
  });
  return { http2, sessions };
}
