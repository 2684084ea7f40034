import { type AddressInfo, createServer, Server } from "node:net";
import { listenFailure } from "#kernel";

/** A bound socket that another process opened and shares with this one; `net.Server.listen` takes it. */
export type SharedSocket = object;

/** A server that knows which of its connections have nothing to do. */
export interface Closable extends Server {
  closeIdleConnections(): void;
  closeAllConnections(): void;
}

/** How long requests may still run after the last connection was accepted, milliseconds. */
export const DRAIN_MAX_MS = 20_000;
const SWEEP_EVERY_MS = 20;

/** Opens the port, or takes connections from a socket that is open. Problems: `gateway.port-taken`, `gateway.address-not-available`. */
export function bind(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  shared?: SharedSocket,
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: Error & { code?: string }) =>
      reject(listenFailure(error, { host, port })),
    );
    server.listen(shared ?? { host, port }, () => {
      server.removeAllListeners("error");
      resolve();
    });
  });
}

/** Takes connections from one more shared socket, as if the server listened there too. Answers the way to stop taking. */
export async function takeAlso(server: Server, shared: SharedSocket): Promise<() => void> {
  const door = createServer({ noDelay: true }, (socket) => server.emit("connection", socket));
  await bind(door, { host: "", port: 0 }, shared);
  return () => door.close();
}

/**
 * Accepts nothing more; what was accepted is served. Connections without a request may send one more for `idleMs` (the
 * answer says that it is the last), because one that is closed while a request is on its way loses that request. Busy ones
 * are closed after their answer, at the latest after `DRAIN_MAX_MS`.
 */
export async function stopTaking(server: Closable, idleMs: number): Promise<void> {
  // `http.Server.close` would close idle connections at once; that of `net` only stops to accept.
  const closed = new Promise<void>((resolve) =>
    Server.prototype.close.call(server, () => resolve()),
  );
  const fromMs = performance.now();
  const sweep = setInterval(() => {
    if (performance.now() - fromMs >= idleMs) {
      server.closeIdleConnections();
    }
  }, SWEEP_EVERY_MS);
  const timeout = setTimeout(() => server.closeAllConnections(), DRAIN_MAX_MS);
  await closed;
  clearInterval(sweep);
  clearTimeout(timeout);
  server.close();
}

/** The port that the server listens on. */
export function portOf(server: Server): number {
  const address: string | AddressInfo | null = server.address();
  return address !== null && typeof address === "object" ? address.port : 0;
}

/** How many connections are open. */
export function connections(server: Server): Promise<number> {
  return new Promise((resolve) =>
    server.getConnections((error, count) => resolve(error === null ? count : 0)),
  );
}

/** A host that a browser on this machine can open. */
export function shownHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") {
    return "localhost";
  }
  return host.includes(":") ? `[${host}]` : host;
}
