import { lookup } from "node:dns/promises";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { getSystemErrorName } from "node:util";
import { listenFailure, Problem, StartError } from "#kernel";

/** A bound socket that children share; it outlives each of them, and so do connections that wait in its queue. */
export interface SharedSocket {
  close(): void;
}

export interface Sockets {
  readonly port: number;
  /** One for each child where the system spreads connections over sockets of one port, else the same for all. */
  readonly each: readonly SharedSocket[];
}

/** A socket of `node:net` before anybody listens on it. */
interface BoundSocket extends SharedSocket {
  getsockname(out: { port?: number }): number;
}

/**
 * What `node:cluster` makes the sockets of its workers with: bound here, listened on by the children, so that this process
 * never accepts. There is no documented way to bind without accepting.
 */
const { _createServerHandle: bindSocket } = net as unknown as {
  readonly _createServerHandle?: (
    ...given: [address: string, port: number, family: number, fd: -1, flags: number]
  ) => BoundSocket | number;
};

/** How long a port may still be taken by what is ending, milliseconds. */
const PORT_WAIT_MS = 2_000;
const PORT_POLL_MS = 100;
/** libuv's `UV_TCP_REUSEPORT`. */
const REUSE_PORT = 2;

/**
 * Binds the port for several children. With a socket for each, the kernel spreads connections evenly; elsewhere the children
 * share one. Problems: `gateway.port-taken`, `gateway.address-not-available`.
 */
export async function openSockets(
  { host, port: wanted }: { readonly host: string; readonly port: number },
  count: number,
): Promise<Sockets> {
  if (bindSocket === undefined) {
    throw new StartError(
      `This Node ${process.version} cannot share a port between processes: leave BASALT_PROCESSES out, or use the Node that comes with Basalt.`,
    );
  }
  // Ports that are shared by option may be bound twice by one user: another Basalt there must be noticed.
  const port = await freePort(host, wanted);
  const { address, family } = await lookup(host);
  const addressType = family === 6 ? 6 : 4;
  const bind = (flags: number): BoundSocket => {
    const socket = bindSocket(address, port, addressType, -1, flags);
    if (typeof socket === "number") {
      const code = getSystemErrorName(socket);
      throw listenFailure(Object.assign(new Error(code), { code }), { host, port });
    }
    return socket;
  };
  if (process.platform !== "linux") {
    const one = bind(0);
    return { port, each: Array.from({ length: count }, () => one) };
  }
  return { port, each: Array.from({ length: count }, () => bind(REUSE_PORT)) };
}

/** Children of a supervisor that was killed leave within moments. */
async function freePort(host: string, wanted: number): Promise<number> {
  for (let waitedMs = 0; ; waitedMs += PORT_POLL_MS) {
    try {
      return await tryPort(host, wanted);
    } catch (error) {
      const isTaken = error instanceof Problem && error.code === "gateway.port-taken";
      if (!isTaken || waitedMs >= PORT_WAIT_MS) {
        throw error;
      }
      await sleep(PORT_POLL_MS);
    }
  }
}

/** Opens the port for a moment, without sharing it; answers which it was. */
async function tryPort(host: string, port: number): Promise<number> {
  const server = net.createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error: Error) => reject(listenFailure(error, { host, port })));
      server.listen({ host, port, exclusive: true }, resolve);
    });
    const bound = server.address();
    return bound !== null && typeof bound === "object" ? bound.port : port;
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}
